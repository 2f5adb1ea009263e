import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchesLog, matchesSpan } from "./match-filter.ts";
import type { LogRecord, Span } from "./model.ts";
import { InvalidInput } from "./ports.ts";
import { type CompareOp, type Filter, parseSearch } from "./search.ts";
import { spanOf } from "./testing-spans.ts";

const is = (field: string, value: string | number | boolean, op: CompareOp = "="): Filter => ({
	kind: "compare",
	field,
	op,
	value,
});
const text = (t: string): Filter => ({ kind: "text", text: t });
const and = (...of: Filter[]): Filter => ({ kind: "and", of });
const or = (...of: Filter[]): Filter => ({ kind: "or", of });
const not = (of: Filter): Filter => ({ kind: "not", of });

test.each<[string, Filter | null]>([
	["", null],
	["   ", null],
	['""', null],
	["service:cart", is("service", "cart")],
	["service.name=cart", is("service", "cart")],
	['service:"my cart"', is("service", "my cart")],
	["duration:>200ms", is("duration", 200e6, ">")],
	["duration>=1.5s", is("duration", 1.5e9, ">=")],
	["duration:<=10us", is("duration", 10e3, "<=")],
	["status:ERROR", is("status", "error")],
	["status!=ok", is("status", "ok", "!=")],
	["level:>=warn", is("level", "warn", ">=")],
	["http.route:/cart/*", is("http.route", "/cart/*")],
	['http.route:"/x"', is("http.route", "/x")],
	["rows:>16", is("rows", 16, ">")],
	["code:502", or(is("code", 502), is("code", "502"))],
	["code!=502", and(is("code", 502, "!="), is("code", "502", "!="))],
	['code:"502"', is("code", "502")],
	["vip:true", or(is("vip", true), is("vip", "true"))],
	["name:404", is("name", "404")],
	['"odd key":x', is("odd key", "x")],
	["timeout", text("timeout")],
	["*timeout*", text("timeout")],
	['"card declined"', text("card declined")],
	['"say \\"hi\\""', text('say "hi"')],
	["http://shop.example/x", text("http://shop.example/x")],
	["12:30", text("12:30")],
	["a b", and(text("a"), text("b"))],
	["a AND b", and(text("a"), text("b"))],
	["a OR b c", or(text("a"), and(text("b"), text("c")))],
	["(a OR b) c", and(or(text("a"), text("b")), text("c"))],
	["-service:x", not(is("service", "x"))],
	["NOT (a b)", not(and(text("a"), text("b")))],
	["NOT NOT a", text("a")],
	["well-known", text("well-known")],
	[`trace_id:${"A".repeat(32)}`, is("traceId", "a".repeat(32))],
	["spanId:00f067aa0ba902b7", is("spanId", "00f067aa0ba902b7")],
	[
		'service:cart status:error duration:>200ms http.route:"/x" "free text"',
		and(
			is("service", "cart"),
			is("status", "error"),
			is("duration", 200e6, ">"),
			is("http.route", "/x"),
			text("free text"),
		),
	],
])("%j means what it says", (search, filter) => expect(parseSearch(search)).toEqual(filter));

test.each([
	["service:", "position 9", "a value for service"],
	["a service: b", "position 11", "a value for service"],
	["duration:>5", "position 11", "not a duration"],
	["status:bad", "position 8", "error, ok, unset"],
	["kind:x", "position 6", "server"],
	["(a b", "position 1", "never closed"],
	["a) b", "position 2", "closes nothing"],
	['a "b', "position 3", "never closed"],
	["a OR", "position 5", "a term"],
	["OR a", "position 1", "a term"],
	["NOT", "position 4", "a term"],
	["()", "position 2", "a term"],
	["traceId:xyz", "position 9", "not a trace ID"],
	["(".repeat(40), "position", "nested"],
	["a ".repeat(200), "position", "100 terms"],
])("%j is refused, naming the place", (search, position, reason) => {
	expect(() => parseSearch(search)).toThrow(InvalidInput);
	expect(() => parseSearch(search)).toThrow(position);
	expect(() => parseSearch(search)).toThrow(reason);
});

test("any text is read or refused in one sentence", () => {
	const word = fc.constantFrom(
		"a",
		"service:x",
		"(",
		")",
		"OR",
		"AND",
		"NOT",
		"-",
		'"',
		"\\",
		"duration:>1s",
		"*",
		":",
		"=",
		" ",
	);
	fc.assert(
		fc.property(
			fc.oneof(
				fc.string(),
				fc.array(word).map((words) => words.join(" ")),
			),
			(search) => {
				try {
					parseSearch(search);
				} catch (error) {
					expect(error).toBeInstanceOf(InvalidInput);
				}
			},
		),
	);
});

const span: Span = {
	...spanOf("POST /pay", null, 0, 900, { service: "shop", kind: "server", statusCode: "error" }),
	statusMessage: "Card Declined by issuer",
	attributes: {
		"http.response.status_code": 502,
		vip: true,
		"star*key": "a*b",
		ratio: 0.25,
		code: "502",
		tags: ["x", "y"],
	},
	resource: { "k8s.pod.name": "shop-7f9c" },
	events: [{ timeUnixNano: 0n, name: "retry", attributes: { attempt: 3 } }],
	links: [{ traceId: "a".repeat(32), spanId: "b".repeat(16), attributes: { reason: "follows" } }],
	scopeName: "",
	scopeVersion: "",
	traceState: "",
};

describe("a span matches", () => {
	test.each([
		["service:shop", true],
		["service:sh*", true],
		["service:SHOP", false],
		["name:*/pay", true],
		["name:*O*T*/*y", true],
		["name:*pay*pay", false],
		["kind:server status:error", true],
		["status:e*", true],
		["status:!=error", false],
		["duration:>899ns duration:<901ns", true],
		["duration:900ns", true],
		["http.response.status_code:502", true],
		["http.response.status_code:>=500", true],
		["code:502", true],
		["vip:true", true],
		["vip:false", false],
		["vip:*", true],
		["ratio:*", true],
		["ratio:0.25", true],
		["nothing:*", false],
		["nothing!=x", true],
		["code!=502", false],
		['"star*key":a\\*b', true],
		['"star*key":a\\*c', false],
		["k8s.pod.name:shop-*", true],
		["attempt:3", true],
		["reason:follows", true],
		['"card declined"', true],
		["ISSUER", true],
		["nobody", false],
		["-nobody", true],
		["nobody OR vip:true", true],
		["root.name:POST*", true],
		["root.service:other", false],
	])("%s: %j", (search, matches) => {
		expect(matchesSpan(parseSearch(search) as Filter, span, { name: "POST /pay", service: "shop" })).toBe(matches);
	});
});

describe("a log record matches", () => {
	const record: LogRecord = {
		timeUnixNano: 0n,
		sequence: 0,
		service: "shop",
		severityNumber: 13,
		severityText: "WARN",
		level: "warn",
		body: "Payment of 5 EUR declined",
		traceId: "a".repeat(32),
		spanId: null,
		attributes: { user: "Ünal" },
		resource: { "host.name": "h1" },
		scopeName: "",
	};
	test.each([
		["declined", true],
		["PAYMENT", true],
		["ünal", true],
		["level:warn", true],
		["level:>=warn", true],
		["level:>warn", false],
		["level:<error", true],
		["level!=info", true],
		["body:Payment*", true],
		["user:*nal host.name:h1", true],
		[`traceId:${"A".repeat(32)}`, true],
		["service:cart", false],
	])("%s: %j", (search, matches) => expect(matchesLog(parseSearch(search) as Filter, record)).toBe(matches));
});

test("a pattern of a thousand stars takes no longer than the text", () => {
	const value = "a*".repeat(1000);
	expect(matchesSpan(is("name", `${value}b`), { ...span, name: "a".repeat(20_000) })).toBe(false);
});
