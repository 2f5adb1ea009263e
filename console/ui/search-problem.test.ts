import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSearch } from "../../core/search.ts";
import { searchProblem, searchTerm } from "./search-problem.ts";

describe("a search", () => {
	it("that is fine has no problem", () => expect(searchProblem("service:cart duration:>200ms")).toBeNull());
	it("that is broken says where", () => expect(searchProblem("(service:cart")).toMatch(/parenthesis/));
});

describe("the term for an attribute", () => {
	it.each([
		["order.id", "88213", "order.id:88213"],
		["http.route", "/x/:id", 'http.route:"/x/:id"'],
		["my key", 'a "b"*', '"my key":"a \\"b\\"\\*"'],
	])("%s = %s is %s", (key, value, term) => expect(searchTerm(key, value)).toBe(term));

	it("is one comparison of a valid search, whatever key and value are", () => {
		fc.assert(
			fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (key, value) => {
				fc.pre(!["duration", "status", "kind", "level"].includes(key) && !/^(?:trace|span)_?id$/i.test(key));
				expect(parseSearch(searchTerm(key, value))?.kind).toMatch(/compare|or/);
			}),
		);
	});
});
