import { context, ROOT_CONTEXT } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import { errorType } from "../http/call.ts";

/** What a probe is given. */
export interface ProbeCall {
	/** Aborted when the time is up. */
	signal: AbortSignal;
	/** Send these along when the probe asks another service's deep health: circles are recognised by them. */
	headers: Record<string, string>;
}

/** Healthy unless it throws, rejects, takes too long or returns false. */
export type Probe = (call: ProbeCall) => unknown;

/** A probe's failure in its own words. Anything else it throws is shown by its code or class only: messages hold addresses. */
export class ProbeFailure extends Error {}

/** As of the last probe. */
export interface CheckState {
	/** False after two failures in a row, true again after three successes. */
	healthy: boolean;
	/** Of the last probe; true before the first. */
	ok: boolean;
	/** What was wrong with the last probe. */
	output: string | undefined;
	/** Of the last probe; undefined before the first. */
	durationMs: number | undefined;
	at: Date | undefined;
}

const FAILING_AFTER = 2;
const HEALTHY_AFTER = 3;
/** Probes that never end are given up on, but not piled up. */
const MOST_STUCK = 3;

const quiet = suppressTracing(ROOT_CONTEXT);

/** One dependency. Probes leave no spans and no metrics of their own. */
export class Check {
	private readonly probe: Probe;
	private readonly timeoutMs: number;
	private stuck = 0;
	/** Successes or failures in a row. */
	private streak = 0;
	private current: CheckState = { healthy: true, ok: true, output: undefined, durationMs: undefined, at: undefined };

	constructor(probe: Probe, timeoutMs: number) {
		this.probe = probe;
		this.timeoutMs = timeoutMs;
	}

	get state(): Readonly<CheckState> {
		return this.current;
	}

	/** Probe once. Never rejects. */
	async run(headers: Record<string, string>): Promise<void> {
		const startMs = performance.now();
		let output: string | undefined;
		try {
			if ((await this.attempt(headers)) === false) {
				output = "the probe returned false";
			}
		} catch (error) {
			output = error instanceof ProbeFailure ? error.message : errorType(error);
		}
		this.note(output, performance.now() - startMs);
	}

	private async attempt(headers: Record<string, string>): Promise<unknown> {
		if (this.stuck >= MOST_STUCK) {
			throw new ProbeFailure(`${this.stuck} probes have not come back`);
		}
		const controller = new AbortController();
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise<never>((_resolve, reject) => {
			timer = setTimeout(() => {
				const failure = new ProbeFailure(`no answer within ${this.timeoutMs} ms`);
				reject(failure);
				controller.abort(failure);
			}, this.timeoutMs);
			// What is asked holds the process open while it is awaited; the clock alone must not.
			timer.unref();
		});
		this.stuck++;
		const attempt = (async () => context.with(quiet, () => this.probe({ signal: controller.signal, headers })))();
		const settled = (): void => {
			this.stuck--;
		};
		attempt.then(settled, settled);
		try {
			return await Promise.race([attempt, late]);
		} finally {
			clearTimeout(timer);
		}
	}

	private note(output: string | undefined, durationMs: number): void {
		const ok = output === undefined;
		const before = this.current;
		this.streak = before.at !== undefined && before.ok === ok ? this.streak + 1 : 1;
		const turns = this.streak >= (ok ? HEALTHY_AFTER : FAILING_AFTER);
		this.current = { healthy: turns ? ok : before.healthy, ok, output, durationMs, at: new Date() };
	}
}
