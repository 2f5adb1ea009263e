import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSearch } from "../../../core/search.ts";
import { routeQuery } from "./route-query.ts";

describe("the search for a route", () => {
	it("asks for the route or the span's name", () => {
		expect(parseSearch(routeQuery("/orders/:id"))).toEqual({
			kind: "or",
			of: [
				{ kind: "compare", field: "http.route", op: "=", value: "/orders/:id" },
				{ kind: "compare", field: "name", op: "=", value: "/orders/:id" },
			],
		});
	});

	it("is a valid search whatever the route is called", () => {
		fc.assert(
			fc.property(fc.string(), (route) => {
				expect(parseSearch(routeQuery(route))?.kind).toBe("or");
			}),
		);
	});
});
