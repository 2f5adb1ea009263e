import { describe, expect, it } from "vitest";
import { type Filter, parseSearch } from "../../../core/search.ts";
import { anyOf, conditionOf, laidOut, outsideEnvironments, tagOf } from "./traceql.ts";

/** A key on every scope. */
const any = (key: string, ...tests: string[]) =>
	`(${["span", "resource", "event", "link", "instrumentation"]
		.flatMap((scope) => tests.map((test) => `${scope}."${key}" ${test}`))
		.join(" || ")})`;
const EVERY_SPAN = "(duration >= 0ns || status = error)";

/** Search text and its condition; null: every span may match, which is then for core to decide. */
const conditions: [search: string, condition: string | null][] = [
	["service:cart", 'resource.service.name = "cart"'],
	["service:ca*t", 'resource.service.name =~ "ca[\\\\s\\\\S]*t"'],
	["service!=cart", 'resource.service.name != "cart"'],
	["service:unknown*", null],
	['name:"GET /cart"', 'name = "GET /cart"'],
	['name:"a\\*b"', 'name = "a*b"'],
	["name:*", null],
	["name:>m", 'name > "m"'],
	["kind:server", "kind = server"],
	["kind:c*", "(kind = client || kind = consumer)"],
	["NOT kind:c*", "(kind != client && kind != consumer)"],
	["kind!=server", "kind != server"],
	["status:error", "status = error"],
	["-status:ok", "status != ok"],
	["duration:>200ms", "duration > 200000000ns"],
	["NOT duration:>=200ms", "duration < 200000000ns"],
	["rows:17", `(${any("rows", "= 17.0", "= 17")} || ${any("rows", '= "17"')})`],
	["ratio:>0.5", any("ratio", "> 0.5", ">= 1")],
	["ratio:<=-0.5", any("ratio", "<= -0.5", "<= -1")],
	["vip:true", `(${any("vip", "= true")} || ${any("vip", '= "true"')})`],
	['route:"/x"', any("route", '= "/x"')],
	['route:"/x*"', any("route", '=~ "/x[\\\\s\\\\S]*"')],
	['NOT route:"/x"', `${EVERY_SPAN} && !${any("route", '= "/x"')}`],
	['route!="/x"', `${EVERY_SPAN} && !${any("route", '= "/x"')}`],
	['text:"Grüße 🌍"', any("text", '= "Gr\\u00fc\\u00dfe \\U0001f30d"')],
	["trace:00ab00000000000000000000000000cd", 'trace:id =~ "(?:ab00000000000000000000000000cd)"'],
	["trace:0bab00000000000000000000000000cd", 'trace:id = "bab00000000000000000000000000cd"'],
	["span_id:00000000000000cd", 'span:id =~ "(?:00000000000000cd)"'],
	["span_id:10000000000000cd", 'span:id = "10000000000000cd"'],
	["root.name:x", 'trace:rootName = "x"'],
	["root.service:x", 'trace:rootService = "x"'],
	["kind:server status:error", "(kind = server && status = error)"],
	["kind:server OR status:error", "(kind = server || status = error)"],
	["NOT (kind:server OR status:error)", "(kind != server && status != error)"],
	["kind:server declined", "kind = server"],
	["kind:server OR declined", null],
];

describe("a filter in TraceQL", () => {
	it.each(conditions)("%s", (search, condition) => {
		expect(conditionOf(parseSearch(search))).toBe(condition);
	});

	it("free text is looked for where Tempo says that spans have text", () => {
		const places = 'name =~ "(?is).*card \\\\(x\\\\).*" || statusMessage =~ "(?is).*card \\\\(x\\\\).*"';
		const keys = 'span."to" =~ "(?is).*card \\\\(x\\\\).*" || instrumentation."to" =~ "(?is).*card \\\\(x\\\\).*"';
		expect(conditionOf({ kind: "text", text: "card (x)" }, ["to"])).toBe(`(${places} || ${keys})`);
	});

	it.each(["502", "true", "ru", "[1,2]"])("the text %s may stand in a number or a list: core looks for it", (text) => {
		expect(conditionOf({ kind: "text", text }, ["to"])).toBeNull();
	});

	it("a key that TraceQL cannot spell is left to core", () => {
		for (const field of ["", "a\0b", "k".repeat(500)]) {
			expect(conditionOf({ kind: "compare", field, op: "=", value: "x" })).toBeNull();
		}
	});

	it("environments are left out with the spans that have none kept", () => {
		expect(conditionOf(outsideEnvironments(["demo*"]))).toBe(
			`${EVERY_SPAN} && !${any("deployment.environment.name", '= "demo*"')}`,
		);
		expect(outsideEnvironments([])).toBeNull();
	});

	it("a request id is looked for under each key as it is", () => {
		expect(conditionOf(anyOf(["a", "b"], "1*"))).toBe(`(${any("a", '= "1*"')} || ${any("b", '= "1*"')})`);
	});
});

describe("the layout of a long query", () => {
	it("no word that makes the lexer look ahead lies across two of its reads", () => {
		for (let shift = 0; shift < 60; shift++) {
			const of: Filter[] = Array.from({ length: 40 }, (_, i) => ({
				kind: "compare",
				field: `${"x".repeat(shift)}.clé.${i}`,
				op: "=",
				value: i % 2 ? 1234567 + i : `${"long text ".repeat(i)}é`,
			}));
			const query = laidOut(`{ ${conditionOf({ kind: "or", of })} }`);
			for (const match of query.matchAll(
				/(?:span|resource|event|link|instrumentation)\."[^"]*"|\b\d+(?:\.\d+)?(?= )/g,
			)) {
				const from = Buffer.byteLength(query.slice(0, match.index));
				const to = from + Buffer.byteLength(match[0]);
				expect(Math.floor(from / 1024), match[0]).toBe(Math.floor(to / 1024));
			}
			expect(query.replace(/ {2,}/g, " ")).toBe(`{ ${conditionOf({ kind: "or", of })} }`.replace(/ {2,}/g, " "));
		}
	});

	it("a short one stays as it is", () => {
		expect(laidOut('{ span."a" = "b  c" }')).toBe('{ span."a" = "b  c" }');
	});
});

describe("the name of a field where Tempo lists values", () => {
	it.each([
		["service", "resource.service.name"],
		["name", "name"],
		["http.route", ".http.route"],
		["with space", ".with space"],
		["duration", null],
	])("%s", (field, tag) => expect(tagOf(field)).toBe(tag));
});
