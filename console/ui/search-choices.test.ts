import { describe, expect, it } from "vitest";
import { searchChoices } from "./search-choices.ts";

const SERVICES = ["cart", "catalog", "orders", "storefront"];
const ID = "9f2e01ab4c5d6e7f8091a2b3c4d5d818";
const first = (text: string) => searchChoices(text, SERVICES)[0]?.href;

describe("what the search box offers first", () => {
	it.each([
		["a trace ID", ID, `/trace/${ID}`],
		["a trace ID in capitals", ID.toUpperCase(), `/trace/${ID}`],
		["a traceparent", `00-${ID}-00f067aa0ba902b7-01`, `/trace/${ID}?span=00f067aa0ba902b7`],
		["a line of JSON with a trace ID", `{"level":30,"trace_id":"${ID}","msg":"x"}`, `/trace/${ID}`],
		["a request ID", "req-2024-8812", "/trace/req-2024-8812"],
		["a service's name", "orders", "/services/orders"],
		["the start of a service's name", "stor", "/services/storefront"],
		["a short hex word that is a name", "cat", "/services/catalog"],
		["a search", "status:error duration:>200ms", "/traces?q=status%3Aerror%20duration%3A%3E200ms"],
		["words", "connection refused", "/traces?q=connection%20refused"],
	])("for %s", (_, text, href) => expect(first(text)).toBe(href));

	it("nothing for nothing", () => expect(searchChoices("  ", SERVICES)).toEqual([]));

	it("a search of logs and traces for any text", () => {
		const hrefs = searchChoices("timeout", SERVICES).map(({ href }) => href);
		expect(hrefs).toContain("/traces?q=timeout");
		expect(hrefs).toContain("/logs?q=timeout");
	});
});
