import type { Sink } from "./otlp-sink.ts";
import { type Places, startApp, type Variant } from "./variant.ts";

/** CPU of one line in a span, ns: the same loop once to warm up and once measured. */
export async function costOfLines(variant: Variant, places: Places, lines: number): Promise<number> {
	const app = await startApp<{ lines: number }, { cpuUs: number }>("lines.cjs", variant, places);
	try {
		await app.ask({ lines });
		return ((await app.ask({ lines })).cpuUs * 1000) / lines;
	} finally {
		await app.stop();
	}
}

export interface SentLines {
	/** CPU of one line, its way out included, ns. */
	ns: number;
	/** Of the lines, how many arrived. */
	arrived: number;
}

/** The same at 20,000 lines/s, so that what is sent can keep up and is paid for. */
export async function costOfSentLines(variant: Variant, places: Places, sink: Sink, lines: number): Promise<SentLines> {
	const app = await startApp<{ lines: number; paced: true; restMs: number }, { cpuUs: number }>(
		"lines.cjs",
		variant,
		places,
	);
	try {
		const paced = { paced: true, restMs: 1_500 } as const;
		await app.ask({ ...paced, lines: Math.min(lines, 20_000) });
		await sink.counts({ forget: true });
		const { cpuUs } = await app.ask({ ...paced, lines });
		return { ns: (cpuUs * 1000) / lines, arrived: (await sink.counts()).lines / lines };
	} finally {
		await app.stop();
	}
}

/** CPU of one histogram observation in a span, ns. */
export async function costOfObservations(variant: Variant, places: Places, observations: number): Promise<number> {
	const app = await startApp<{ observations: number }, { cpuUs: number }>("observe.cjs", variant, places);
	try {
		await app.ask({ observations });
		return ((await app.ask({ observations })).cpuUs * 1000) / observations;
	} finally {
		await app.stop();
	}
}

/** Milliseconds from spawning the app to its listening, and the CPU it took. */
export async function startUp(variant: Variant, places: Places): Promise<{ ms: number; cpuMs: number }> {
	const beganMs = performance.now();
	const app = await startApp<never, { port: number; cpuUs: number }>("shop.cjs", variant, places);
	const ms = performance.now() - beganMs;
	await app.stop();
	return { ms, cpuMs: app.ready.cpuUs / 1000 };
}
