import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Status } from "../../server/api/schema.ts";
import { startChild } from "../child.ts";
import { residentMb } from "../process-memory.ts";
import type { SystemOptions, SystemReady } from "./system-process.ts";

export interface System {
	/** Empty over engines. */
	otlpUrl: string;
	/** GETs a path of the API; rejects unless it answers 200. */
	get<T>(path: string): Promise<T>;
	/** The answer's status, its body read and dropped. */
	statusOf(path: string): Promise<number>;
	status(): Promise<Status>;
	/** Of the store's process, MB. */
	memory(): { now: number; peak: number } | null;
	/** Bytes in files of the journal. */
	journalBytes(): number;
	stop(): Promise<void>;
}

/** Starts the system under test on free ports. */
export async function startSystem(options: SystemOptions): Promise<System> {
	const module = new URL("./system-process.js", import.meta.url);
	const child = await startChild<object, SystemReady>(module, [JSON.stringify(options)], { readyMs: 120_000 });
	const { apiUrl, otlpUrl, storePid } = child.ready;
	const get = async <T>(path: string): Promise<T> => {
		const response = await fetch(apiUrl + path, { signal: AbortSignal.timeout(60_000) }).catch((error: Error) => {
			throw new Error(`GET ${path}: ${error.message}`);
		});
		const text = await response.text();
		if (response.status !== 200) throw new Error(`GET ${path} answered ${response.status}: ${text.slice(0, 300)}`);
		return JSON.parse(text) as T;
	};
	return {
		otlpUrl,
		get,
		statusOf: async (path) => {
			const response = await fetch(apiUrl + path, { signal: AbortSignal.timeout(60_000) });
			await response.arrayBuffer();
			return response.status;
		},
		status: () => get<Status>("/api/status"),
		memory: () => residentMb(storePid),
		journalBytes: () => folderBytes(options.dataDir, /journal/),
		stop: () => child.stop(),
	};
}

/** Resolves with the seconds it took until the store holds so many spans. */
export async function untilStored(system: System, spans: number, timeoutS: number): Promise<number> {
	const startedMs = performance.now();
	for (;;) {
		const stored = (await system.status()).ingest?.traces?.stored ?? 0;
		const seconds = (performance.now() - startedMs) / 1000;
		if (stored >= spans) return seconds;
		if (seconds > timeoutS)
			throw new Error(`After ${timeoutS} s the store holds ${stored} spans, not the ${spans} acknowledged.`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

/** Bytes of all files whose path below `folder` matches. */
export function folderBytes(folder: string, matching: RegExp): number {
	let bytes = 0;
	for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
		if (!matching.test(file)) continue;
		const facts = statSync(join(folder, file), { throwIfNoEntry: false });
		if (facts?.isFile()) bytes += facts.size;
	}
	return bytes;
}
