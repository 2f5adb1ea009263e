import { describe, expect, it } from "vitest";
import { type ServiceItem, sortServices } from "./sort-services.ts";

function item(service: string, rate: number, errorRate = 0): ServiceItem {
	return {
		service,
		environments: [],
		version: null,
		lastSeenUnixNano: "0",
		red: { calls: 1, errors: 0, rate, errorRate, p50Ms: null, p95Ms: null, p99Ms: null },
		redSource: "spans",
		spanCount: 0,
		logCount: 0,
		errorLogCount: 0,
	};
}
const ITEMS = [item("b", 1), item("c", 9), item("a", 1)];
const names = (items: ServiceItem[]) => items.map(({ service }) => service).join("");

describe("services", () => {
	it("by name go upwards first", () => expect(names(sortServices(ITEMS, "service", false))).toBe("abc"));
	it("by a figure go downwards first, equal ones by name", () =>
		expect(names(sortServices(ITEMS, "rate", false))).toBe("cab"));
	it("reversed keep equal ones by name", () => expect(names(sortServices(ITEMS, "rate", true))).toBe("abc"));
	it("without a figure come last", () => expect(names(sortServices(ITEMS, "p95", false))).toBe("abc"));
});
