import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSearch } from "../../../core/search.ts";
import { attributeRows, searchFor } from "./attribute-rows.ts";

const attributes = {
	"http.route": "/orders/{id}",
	"user.tier": "gold",
	"http.method": "POST",
	retries: 3,
	payload: { note: "<script>alert(1)</script>" },
};

describe("attribute rows", () => {
	it("are sorted and grouped by the first segment, which is set apart when shared", () => {
		expect(attributeRows(attributes, "").map((row) => [row.prefix, row.rest, row.firstOfGroup])).toEqual([
			["http.", "method", false],
			["http.", "route", false],
			["", "payload", true],
			["", "retries", true],
			["", "user.tier", true],
		]);
	});

	it.each([
		["gold", ["user.tier"]],
		["ROUTE", ["http.route"]],
		["script", ["payload"]],
		["zzz", []],
	])("filtered by %j are %j", (filter, keys) => {
		expect(attributeRows(attributes, filter).map((row) => row.key)).toEqual(keys);
	});

	it.each([
		["http.route", "/x", 'http.route:"/x"'],
		["note", 'say "hi" \\ bye', 'note:"say \\"hi\\" \\\\ bye"'],
		["code", 503, "code:503"],
		["cache.hit", false, "cache.hit:false"],
		["list", [1], null],
		["bad key", "x", null],
		["long", "x".repeat(301), null],
		["empty", "", null],
	])("%s = %j is searched as %j", (key, value, search) => {
		expect(searchFor(key, value)).toBe(search);
	});

	it("write a search that asks for exactly the text", () => {
		const values = fc.oneof(
			fc.string({ minLength: 1, maxLength: 40 }),
			fc.constantFrom("502", "true", "*", "a b", 'x"y'),
		);
		fc.assert(
			fc.property(values, (value) => {
				// A backslash right before a star cannot be written in a pattern.
				fc.pre(!value.includes("\\"));
				const filter = parseSearch(searchFor("app.key", value) ?? "");
				const asText = value.replaceAll("*", "\\*");
				expect(filter).toEqual({ kind: "compare", field: "app.key", op: "=", value: asText });
			}),
		);
	});
});
