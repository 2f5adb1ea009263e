import { expect, test } from "vitest";
import { grafanaHref } from "./grafana-href.ts";

const place = {
	base: "http://localhost:3001",
	service: "orders",
	from: "now-15m",
	to: "now",
	origin: "http://localhost:3000",
};

test("a service's board knows the service, the time and the way back", () => {
	const { origin, pathname, searchParams } = new URL(grafanaHref(place));
	expect(origin + pathname).toBe("http://localhost:3001/d/trivet-red");
	expect(Object.fromEntries(searchParams)).toEqual({
		"var-service": "orders",
		"var-console": "http://localhost:3000",
		from: "now-15m",
		to: "now",
	});
});

test.each([
	["1795287778631", "1795287778631"],
	["2026-11-21T19:00:00.000Z", "1795287600000"],
	["now-6h", "now-6h"],
])("the time %s is %s to Grafana", (time, expected) => {
	expect(new URL(grafanaHref({ ...place, from: time })).searchParams.get("from")).toBe(expected);
});

test("names stay one parameter, whatever is in them", () => {
	const { searchParams } = new URL(grafanaHref({ ...place, service: "a&from=0#?/" }));
	expect(searchParams.get("var-service")).toBe("a&from=0#?/");
	expect(searchParams.get("from")).toBe("now-15m");
});
