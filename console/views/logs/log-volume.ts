/** How many lines of each level came when, counted from the lines at hand. */
import type { LogRecordAnswer } from "../../client/api.ts";
import { unixNanoToMs } from "../../ui/format.ts";

export const VOLUME_LEVELS = ["debug", "info", "warn", "error"] as const;
export type VolumeLevel = (typeof VOLUME_LEVELS)[number];

export interface LogVolume {
	fromMs: number;
	toMs: number;
	stepMs: number;
	/** One array a level, each of the same length; entry i counts [fromMs + i * stepMs, + stepMs). */
	counts: Record<VolumeLevel, number[]>;
}

const STEPS_MS = [
	10,
	50,
	100,
	250,
	500,
	1e3,
	2e3,
	5e3,
	10e3,
	15e3,
	30e3,
	60e3,
	120e3,
	300e3,
	600e3,
	1800e3,
	3600e3,
	6 * 3600e3,
	86_400e3,
];
const MAX_BARS = 90;

/** null when there are no lines. Steps are the smallest usual ones that make at most 90 bars, and start on whole multiples. */
export function logVolume(records: readonly Pick<LogRecordAnswer, "timeUnixNano" | "level">[]): LogVolume | null {
	if (records.length === 0) return null;
	const times = records.map((record) => unixNanoToMs(record.timeUnixNano));
	let first = Number.POSITIVE_INFINITY;
	let last = Number.NEGATIVE_INFINITY;
	for (const time of times) {
		first = Math.min(first, time);
		last = Math.max(last, time);
	}
	const stepMs =
		STEPS_MS.find((step) => (last - first) / step <= MAX_BARS - 2) ?? Math.ceil((last - first) / (MAX_BARS - 2));
	const fromMs = Math.floor(first / stepMs) * stepMs;
	const bars = Math.floor((last - fromMs) / stepMs) + 1;
	const counts = Object.fromEntries(
		VOLUME_LEVELS.map((level) => [level, new Array<number>(bars).fill(0)]),
	) as LogVolume["counts"];
	for (const [index, record] of records.entries()) {
		const bar = Math.floor(((times[index] ?? fromMs) - fromMs) / stepMs);
		const row = counts[volumeLevel(record.level)];
		row[bar] = (row[bar] ?? 0) + 1;
	}
	return { fromMs, toMs: fromMs + bars * stepMs, stepMs, counts };
}

/** Four bands are enough to see trouble: trace goes with debug, fatal with error, what has no level with info. */
function volumeLevel(level: LogRecordAnswer["level"]): VolumeLevel {
	if (level === "trace" || level === "debug") return "debug";
	if (level === "error" || level === "fatal") return "error";
	return level === "warn" ? "warn" : "info";
}
