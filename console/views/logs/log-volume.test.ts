import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { logVolume, VOLUME_LEVELS } from "./log-volume.ts";

const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "unspecified"] as const;
const line = fc.record({
	timeUnixNano: fc.bigInt(0n, 4n * 10n ** 18n).map(String),
	level: fc.constantFrom(...LEVELS),
});

describe("the volume of log lines", () => {
	it("is nothing without lines", () => {
		expect(logVolume([])).toBeNull();
	});

	it("counts every line exactly once, in at most 90 bars that hold them all", () => {
		fc.assert(
			fc.property(fc.array(line, { minLength: 1, maxLength: 60 }), (lines) => {
				const volume = logVolume(lines);
				if (volume === null) throw new Error("there were lines");
				const bars = volume.counts.info.length;
				const sum = VOLUME_LEVELS.flatMap((level) => volume.counts[level]).reduce((a, b) => a + b, 0);
				expect(sum).toBe(lines.length);
				expect(bars).toBeLessThanOrEqual(90);
				expect(volume.toMs - volume.fromMs).toBe(bars * volume.stepMs);
			}),
		);
	});

	it("puts fatal with error and lines without a level with info", () => {
		const volume = logVolume([
			{ timeUnixNano: "1000000000", level: "fatal" },
			{ timeUnixNano: "1000000001", level: "unspecified" },
		]);
		expect(volume?.counts.error).toEqual([1]);
		expect(volume?.counts.info).toEqual([1]);
	});
});
