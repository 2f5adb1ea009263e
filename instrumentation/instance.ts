import type { Metrics } from "./metrics/collect.ts";
import type { Red } from "./metrics/red.ts";
import type { MetricSource } from "./metrics/source.ts";
import type { ProfileHandler } from "./profiles/handler.ts";
import type { OpenTraces } from "./profiles/open-traces.ts";

/** The one running instrumentation of this process, shared by the ESM and the CommonJS copy of this package. */
export interface Instance {
	version: string;
	/** What this process calls itself in all signals. */
	service: { name: string; version: string };
	red: Red;
	metrics: Metrics;
	/** What a scrape is answered with: in a cluster the sum of all its processes. */
	page: MetricSource;
	openTraces: OpenTraces;
	profiles: ProfileHandler;
	/** Send what is waiting, for at most `deadlineMs`. Never rejects. */
	flush(deadlineMs?: number): Promise<void>;
}

const KEY = Symbol.for("@trivet/instrumentation");
const WAITING = Symbol.for("@trivet/instrumentation/waiting");
const holder = globalThis as { [KEY]?: Instance; [WAITING]?: ((running: Instance) => void)[] };

export function instance(): Instance | undefined {
	return holder[KEY];
}

export function setInstance(running: Instance): void {
	holder[KEY] = running;
	const waiting = holder[WAITING] ?? [];
	holder[WAITING] = [];
	for (const then of waiting) {
		then(running);
	}
}

/** Run `then` with the instance: now, or when there is one. */
export function whenRunning(then: (running: Instance) => void): void {
	const running = instance();
	if (running === undefined) {
		holder[WAITING] ??= [];
		holder[WAITING].push(then);
	} else {
		then(running);
	}
}
