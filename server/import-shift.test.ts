import { expect, test } from "vitest";
import { requestTimes, shiftRequest } from "./import-shift.ts";

function request() {
	return {
		resourceSpans: [
			{
				scopeSpans: [
					{
						spans: [
							{
								startTimeUnixNano: "1000000000000000001",
								endTimeUnixNano: "1000000000500000000",
								attributes: [{ key: "timeUnixNano", value: { stringValue: "5" } }],
								events: [{ timeUnixNano: "1000000000200000000" }],
							},
						],
					},
				],
			},
		],
	};
}

test("finds the earliest and latest time, in milliseconds", () => {
	expect(requestTimes(request())).toEqual({ fromMs: 1_000_000_000_000, toMs: 1_000_000_000_500 });
});

test("a time of zero is not set, and a request without times has none", () => {
	expect(requestTimes({ resourceLogs: [{ timeUnixNano: "0" }] })).toBeNull();
	expect(requestTimes(null)).toBeNull();
});

test("moves every time by the same nanoseconds, exactly, and leaves attributes alone", () => {
	const moved = request();
	shiftRequest(moved, 7_000_000_003n);
	const span = moved.resourceSpans[0]?.scopeSpans[0]?.spans[0];
	expect(span?.startTimeUnixNano).toBe("1000000007000000004");
	expect(span?.events[0]?.timeUnixNano).toBe("1000000007200000003");
	expect(span?.attributes[0]?.value.stringValue).toBe("5");
});
