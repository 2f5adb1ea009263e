import { describe, expect, it } from "vitest";
import { windowLabel } from "./time-label.ts";

const now = new Date(2026, 10, 21, 12, 0, 0).getTime();
const at = (day: number, hour: number, minute = 0, year = 2026) =>
	String(new Date(year, 10, day, hour, minute).getTime());

describe("a window in words", () => {
	it.each([
		["now-15m", "now", "Last 15 min"],
		["now-90m", "now", "Last 90m"],
		[at(21, 9), at(21, 10, 30), "Nov 21 09:00 – 10:30"],
		[at(20, 23), at(21, 1), "Nov 20 23:00 – Nov 21 01:00"],
		[at(20, 23, 0, 2024), "now", "Nov 20 2024 23:00 – now"],
		["yesterday", "now", "yesterday – now"],
	])("%s to %s", (from, to, label) => expect(windowLabel(from, to, now)).toBe(label));
});
