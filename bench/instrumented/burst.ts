import { readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../scenario.ts";
import type { Sink } from "./otlp-sink.ts";
import { type Places, startApp, type Variant } from "./variant.ts";

export interface BurstEnd {
	written: number;
	delivered: number;
	/** Dropped, by the process's own count: in a record about them or in its last metrics. */
	countedAsDropped: number;
	unaccounted: number;
	/** How long the process lived on after SIGTERM. */
	endedAfterMs: number;
	exit: number | string;
}

/** Lines without a pause, SIGTERM at once, no handler in the app: what its own output has against what arrived or was counted. */
export async function burst(variant: Variant, places: Places, sink: Sink, lines: number): Promise<BurstEnd> {
	const file = join(temporaryFolder(), "stdout");
	await sink.counts({ forget: true });
	const app = await startApp<{ lines: number }, object>("lines.cjs", variant, places, { args: [file] });
	await app.ask({ lines });
	const beganMs = performance.now();
	await app.stop(5_000);
	const endedAfterMs = performance.now() - beganMs;
	const { lines: records, sequences, lost, exported } = await sink.counts();
	const written = readFileSync(file, "utf8").split("\n").length - 1;
	// Whoever numbers the records is counted by the numbers: one that came twice is one.
	const delivered = sequences > 0 ? sequences : records;
	const inMetrics = ["log_records dropped_queue_full", "log_records dropped_not_sent"].map(
		(name) => exported[name] ?? 0,
	);
	// The same loss, told twice: by a record, and by the last metrics if they came out.
	const countedAsDropped = Math.max(
		lost,
		inMetrics.reduce((sum, value) => sum + value, 0),
	);
	return {
		written,
		delivered,
		countedAsDropped,
		unaccounted: Math.abs(written - delivered - countedAsDropped),
		endedAfterMs,
		exit: await app.exited,
	};
}
