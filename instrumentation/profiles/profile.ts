import type { HeapProfiler, Profiler, Session } from "node:inspector";
import { nowMs } from "../clock.ts";
import type { OpenTraces } from "./open-traces.ts";

export type ProfileKind = "cpu" | "heap";

export interface ProfileOptions {
	kind: ProfileKind;
	/** 1 to 60; 10 unless given. */
	seconds?: number;
	/** Of the heap: all that was allocated meanwhile, instead of what of it is still there at the end. */
	collected?: boolean;
	/** Ends the profile early; it is then rejected. */
	signal?: AbortSignal;
}

/** What both formats say beside the samples. */
export interface ProfileAbout {
	service: string;
	pid: number;
	/** ISO 8601. */
	startedAt: string;
	seconds: number;
	/** Of the spans that were open meanwhile; those open longest first, 1,000 at most. */
	traceIds: readonly string[];
}

export type Profile = ProfileAbout & {
	/** What a .cpuprofile or .heapprofile file holds, for Chrome's DevTools and VS Code; `about` is ours and ignored there. */
	toJson(): string;
	/** The same in pprof's format (gzip), for `go tool pprof`, Pyroscope and others. */
	toPprof(): Promise<Uint8Array>;
};

/** What the process knows of itself. */
export interface ProfileOf {
	service: string;
	traces: OpenTraces | undefined;
	/** The trace of the request that asks for the profile. */
	leaveOut?: string | undefined;
}

/** A profile is running in this process already. */
export class ProfileBusy extends Error {
	/** When the other one is done. */
	readonly secondsLeft: number;

	constructor(secondsLeft: number) {
		super(`a profile is being taken already; it is done in ${secondsLeft} s`);
		this.name = "ProfileBusy";
		this.secondsLeft = secondsLeft;
	}
}

export const MOST_SECONDS = 60;
const DEFAULT_SECONDS = 10;
const CPU_INTERVAL_US = 1_000;
const HEAP_INTERVAL_BYTES = 32_768;

/** One at a time, for the ESM and the CommonJS copy of this package together. */
const RUNNING = Symbol.for("@trivet/instrumentation/profile");
const holder = globalThis as { [RUNNING]?: number };

/** @throws RangeError for a duration that is out of bounds */
export function checkSeconds(seconds: number = DEFAULT_SECONDS): number {
	if (!(seconds >= 1 && seconds <= MOST_SECONDS)) {
		throw new RangeError(`a profile takes 1 to ${MOST_SECONDS} seconds, not ${seconds}`);
	}
	return seconds;
}

/**
 * Profile this thread by V8's own sampling profilers, through an inspector session that opens no port. Waiting for it does not
 * hold the process open.
 *
 * @throws RangeError for a duration that is out of bounds
 * @throws ProfileBusy when another one is running
 * @throws the signal's reason when it was aborted
 */
export async function takeProfile(
	{ kind, seconds: asked, collected = false, signal }: ProfileOptions,
	{ service, traces, leaveOut }: ProfileOf,
): Promise<Profile> {
	const seconds = checkSeconds(asked);
	signal?.throwIfAborted();
	const now = nowMs();
	const until = holder[RUNNING];
	if (until !== undefined) {
		throw new ProfileBusy(Math.max(1, Math.ceil((until - now) / 1000)));
	}
	holder[RUNNING] = now + seconds * 1000;
	let stopWatching: (() => string[]) | undefined;
	let session: Session | undefined;
	try {
		// A Node without it, and whoever never takes a profile, does not load it.
		const inspector = await import("node:inspector");
		session = new inspector.Session();
		session.connect();
		stopWatching = traces?.watch();
		const startedMs = nowMs();
		const stop = await (kind === "cpu" ? startCpu(session) : startHeap(session, collected));
		await pause(seconds * 1000, signal);
		const raw = await stop();
		const about: ProfileAbout = {
			service,
			pid: process.pid,
			startedAt: new Date(startedMs).toISOString(),
			seconds: Math.round(nowMs() - startedMs) / 1000,
			traceIds: (stopWatching?.() ?? []).filter((id) => id !== leaveOut),
		};
		stopWatching = undefined;
		return {
			...about,
			toJson: () => JSON.stringify({ ...raw, about }),
			toPprof: async () => {
				const { cpuPprof, heapPprof } = await import("./pprof.ts");
				return "nodes" in raw
					? cpuPprof(raw, about, CPU_INTERVAL_US)
					: heapPprof(raw, about, HEAP_INTERVAL_BYTES, collected);
			},
		};
	} finally {
		stopWatching?.();
		// Ends the profiler too, if it still runs.
		session?.disconnect();
		holder[RUNNING] = undefined;
	}
}

async function startCpu(session: Session): Promise<() => Promise<Profiler.Profile>> {
	await post(session, "Profiler.enable");
	await post(session, "Profiler.setSamplingInterval", { interval: CPU_INTERVAL_US });
	await post(session, "Profiler.start");
	return async () => (await post<Profiler.StopReturnType>(session, "Profiler.stop")).profile;
}

async function startHeap(
	session: Session,
	collected: boolean,
): Promise<() => Promise<HeapProfiler.SamplingHeapProfile>> {
	await post(session, "HeapProfiler.enable");
	await post(session, "HeapProfiler.startSampling", {
		samplingInterval: HEAP_INTERVAL_BYTES,
		includeObjectsCollectedByMajorGC: collected,
		includeObjectsCollectedByMinorGC: collected,
	});
	return async () => (await post<HeapProfiler.StopSamplingReturnType>(session, "HeapProfiler.stopSampling")).profile;
}

function post<T>(session: Session, method: string, params: object = {}): Promise<T> {
	return new Promise((resolve, reject) => {
		session.post(method, params, (error, result) => {
			if (error === null) {
				resolve(result as T);
			} else {
				reject(new Error(`${method}: ${error.message}`));
			}
		});
	});
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
	// The profiler took its time to start.
	signal?.throwIfAborted();
	return new Promise((resolve, reject) => {
		const aborted = (): void => {
			clearTimeout(timer);
			reject(signal?.reason);
		};
		const timer = setTimeout(() => {
			signal?.removeEventListener("abort", aborted);
			resolve();
		}, ms);
		timer.unref();
		signal?.addEventListener("abort", aborted, { once: true });
	});
}
