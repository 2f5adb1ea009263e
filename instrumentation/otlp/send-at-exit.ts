import { Worker } from "node:worker_threads";
import { say } from "../say.ts";
import type { OtlpTarget } from "../settings.ts";
import { headersTo, type OtlpSender } from "./send.ts";

/** What nobody has confirmed when the process ends. */
export interface Leftover {
	/** In the plural, as people say it. */
	what: string;
	sender: OtlpSender;
	/** Without a body it is lost. */
	bodies: readonly { body: string | Uint8Array | undefined; items: number }[];
}

/**
 * The end: send what is left if there is a chance that it arrives, and say how much did not.
 *
 * @param deadlineMs for all together; 0 when it is too late to send.
 */
export function settleLeftovers(leftovers: readonly Leftover[], deadlineMs: number): void {
	const parts = leftovers.flatMap(({ what, sender, bodies }) => bodies.map((body) => ({ what, sender, ...body })));
	const chances = parts.filter(
		(part): part is Sendable<typeof part> => deadlineMs > 0 && part.body !== undefined && part.sender.isWell,
	);
	const arrived =
		chances.length === 0
			? []
			: sendAtExit(
					chances.map(({ sender, body }) => ({ target: sender.target, body })),
					deadlineMs,
				);
	const lost = new Map<string, number>();
	for (const part of parts) {
		if (arrived[chances.indexOf(part as Sendable<typeof part>)] !== true) {
			lost.set(part.what, (lost.get(part.what) ?? 0) + part.items);
		}
	}
	if (lost.size > 0) {
		const counts = [...lost].map(([what, count]) => `${count} ${count === 1 ? what.slice(0, -1) : what}`);
		const last = counts.pop();
		say(`the process ended before ${counts.length === 0 ? last : `${counts.join(", ")} and ${last}`} could be sent`);
	}
}

type Sendable<P extends { body: unknown }> = P & { body: NonNullable<P["body"]> };

export interface LastRequest {
	target: OtlpTarget;
	/** OTLP/JSON. */
	body: string | Uint8Array;
}

/** Runs in a thread of its own, without any of our modules or hooks: the event loop of the main thread is over. */
const THREAD = `
const { workerData: { requests, state } } = require("node:worker_threads");
const { gzipSync } = require("node:zlib");
const agents = {};
const done = (index, ok) => {
	if (Atomics.compareExchange(state, index + 1, 0, ok ? 1 : 2) === 0) {
		Atomics.add(state, 0, 1);
		Atomics.notify(state, 0);
	}
};
requests.forEach(({ url, headers, gzip, body }, index) => {
	try {
		const http = require(url.startsWith("https:") ? "node:https" : "node:http");
		const agent = (agents[url] ??= new http.Agent({ keepAlive: true, maxSockets: 4 }));
		const bytes = gzip ? gzipSync(body) : Buffer.from(body);
		const request = http.request(url, { method: "POST", agent, headers: { ...headers, "Content-Length": bytes.length } });
		request.on("response", (answer) => {
			answer.resume();
			answer.on("error", () => done(index, false));
			answer.on("end", () => done(index, answer.statusCode >= 200 && answer.statusCode < 300));
		});
		request.on("error", () => done(index, false));
		request.end(bytes);
	} catch {
		done(index, false);
	}
});
`;

/**
 * Send `requests` while the process ends: another thread does it and this one waits, for there is no event loop any more. One
 * attempt each. Never throws.
 *
 * @param deadlineMs for all together. @returns for each whether it arrived.
 */
export function sendAtExit(requests: readonly LastRequest[], deadlineMs: number): boolean[] {
	const state = new Int32Array(new SharedArrayBuffer((requests.length + 1) * Int32Array.BYTES_PER_ELEMENT));
	try {
		const deadline = performance.now() + deadlineMs;
		const worker = new Worker(THREAD, {
			eval: true,
			// Not what the app was started with: nothing of it belongs into this thread.
			execArgv: [],
			env: {},
			stdout: true,
			stderr: true,
			workerData: {
				state,
				requests: requests.map(({ target, body }) => ({
					url: target.url,
					gzip: target.gzip,
					body,
					headers: headersTo(target),
				})),
			},
		});
		worker.unref();
		for (let done = Atomics.load(state, 0); done < requests.length; done = Atomics.load(state, 0)) {
			const left = deadline - performance.now();
			if (left <= 0 || Atomics.wait(state, 0, done, left) === "timed-out") {
				break;
			}
		}
	} catch {
		// No thread to be had: nothing arrived.
	}
	return requests.map((_, index) => Atomics.load(state, index + 1) === 1);
}
