import { expect, test } from "vitest";
import { levelOf } from "./attribute-value.ts";
import type { Attributes, SpanKind } from "./model.ts";
import { requestIdOf, routeOf, traceOfAttributes } from "./route.ts";
import { weightOf } from "./sampling.ts";

test.each<[string, SpanKind, boolean, Attributes, string | null]>([
	["its http.route", "server", false, { "http.route": "/cart/:id" }, "/cart/:id"],
	["its rpc method", "server", false, { "rpc.service": "shop.Cart", "rpc.method": "Add" }, "shop.Cart/Add"],
	["its rpc method in one", "server", false, { "rpc.method": "shop.Cart/Add" }, "shop.Cart/Add"],
	["a consumer's name", "consumer", false, {}, "name"],
	["a root's name", "internal", true, {}, "name"],
	["none of an inner span", "internal", false, { "http.route": "/cart" }, null],
	["none of a client", "client", false, { "rpc.method": "x" }, null],
])("the route is %s", (_, kind, isRoot, attributes, route) => {
	expect(routeOf(kind, isRoot, "name", attributes)).toBe(route);
});

test.each<[Attributes, string | null]>([
	[{ "http.request.header.x-request-id": ["req-1", "req-2"] }, "req-1"],
	[{ "http.request_id": "req-1" }, "req-1"],
	[{ requestId: "req-1" }, "req-1"],
	[{ "http.request_id": "" }, null],
	[{ "http.request_id": 7 }, null],
	[{}, null],
])("the request ID in %j is %j", (attributes, id) => expect(requestIdOf(attributes)).toBe(id));

test.each(["trace_id", "traceId", "traceID", "TraceId"])("a log line's %s attribute is its trace", (key) => {
	expect(traceOfAttributes({ [key]: "A".repeat(32), span_id: "b".repeat(16) })).toEqual({
		traceId: "a".repeat(32),
		spanId: "b".repeat(16),
	});
});

test.each([
	["", 1],
	["ot=th:0", 1],
	["ot=th:8", 2],
	["ot=th:c", 4],
	["congo=t61,ot=rv:1234;th:c", 4],
	["ot=th:fd70a3d70a3d71", 100],
	["ot=th:zz", 1],
	["rot=th:8", 1],
	["ot=th:123456789012345", 1],
])("the weight in trace state %j is %d", (state, weight) => expect(weightOf(state)).toBeCloseTo(weight, 6));

test.each([
	[1, "", "trace"],
	[9, "whatever", "info"],
	[17, "", "error"],
	[24, "", "fatal"],
	[0, "WARNING", "warn"],
	[0, "Error3", "error"],
	[0, "critical", "fatal"],
	[0, "loud", "unspecified"],
	[99, "info", "info"],
])("severity %d %j is %s", (number, text, level) => expect(levelOf(number, text)).toBe(level));
