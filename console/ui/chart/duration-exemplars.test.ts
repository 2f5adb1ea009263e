import { describe, expect, it } from "vitest";
import { exemplarMs, servedDurations } from "./duration-exemplars.ts";

const item = (metric: string, unit: string, value = 2) => ({
	metric,
	unit,
	value,
	service: "orders",
	route: null,
	timeMs: 0,
	traceId: "a".repeat(32),
	spanId: null,
});

describe("an exemplar in milliseconds", () => {
	it.each([
		["http.server.request.duration", "s", 2000],
		["http_server_request_duration_seconds", "", 2000],
		["request_duration_ms", "", 2],
		["rpc.server.duration", "ms", 2],
		["orders_total", "", null],
		["queue.depth", "{message}", null],
	])("%s in %s", (metric, unit, ms) => expect(exemplarMs(item(metric, unit))).toBe(ms));
});

describe("what a service's duration chart shows", () => {
	it("are durations of what it served, not of what it called", () => {
		const kept = servedDurations([
			item("http.server.request.duration", "s"),
			item("http.client.request.duration", "s"),
			item("db.client.operation.duration", "s"),
			item("orders_total", ""),
			item("messaging.process.duration", "s"),
		]);
		expect(kept.map(({ metric }) => metric)).toEqual(["http.server.request.duration", "messaging.process.duration"]);
	});
});
