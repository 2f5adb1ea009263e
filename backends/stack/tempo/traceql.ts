/**
 * A filter in TraceQL. Tempo's answers are candidates that are matched again with core/match-filter, so a query may find too much, but must
 * not miss: what TraceQL cannot say is left out where that finds more (`null`: no condition at all).
 *
 * Tempo fetches a span only when one of the query's conditions holds for it, which makes `!(span.a = "x")` find nothing where `a` is absent.
 * A condition that holds for every span, tied in with an OR, switches that off (`EVERY_SPAN`).
 */
import { SPAN_KINDS, STATUS_CODES } from "../../../core/model.ts";
import { UNKNOWN_SERVICE } from "../../../core/route.ts";
import type { CompareOp, Filter } from "../../../core/search.ts";

type Compare = Extract<Filter, { kind: "compare" }>;

/** Names of attributes that hold text, to look for free text in; null when there are too many to name. */
export type TextFields = readonly string[] | null;

const SCOPES = ["span", "resource", "event", "link", "instrumentation"] as const;
const EVERY_SPAN = "(duration >= 0ns || status = error)";
/** Of a condition in nanoseconds, or of an integer attribute: what an int64 holds. */
const MAX_INT = 9_223_372_036_854_775_807n;
const OPPOSITE: Record<CompareOp, CompareOp> = { "=": "!=", "!=": "=", ">": "<=", ">=": "<", "<": ">=", "<=": ">" };

/** The condition between the braces of `{ }`; null when every span may match. `textFields` come from Tempo's tag names. */
export function conditionOf(filter: Filter | null, textFields: TextFields = null): string | null {
	if (filter === null) return null;
	const condition = translate(filter, false, textFields);
	return condition?.includes("!(") ? `${EVERY_SPAN} && ${condition}` : condition;
}

/** Spans whose environment is none of these. */
export function outsideEnvironments(environments: readonly string[]): Filter | null {
	if (environments.length === 0) return null;
	const of = environments.map(
		(value): Filter => ({ kind: "not", of: equals("deployment.environment.name", escapeStars(value)) }),
	);
	return { kind: "and", of };
}

/** Spans that carry `value` under one of the keys. */
export function anyOf(keys: readonly string[], value: string): Filter {
	return { kind: "or", of: keys.map((key) => equals(key, escapeStars(value))) };
}

function equals(field: string, value: string): Filter {
	return { kind: "compare", field, op: "=", value };
}

function escapeStars(text: string): string {
	return text.replaceAll("*", "\\*");
}

/** Filters nest as deep as the parser allows, so recursion is bounded. */
function translate(filter: Filter, negated: boolean, textFields: TextFields): string | null {
	switch (filter.kind) {
		case "not":
			return translate(filter.of, !negated, textFields);
		case "and":
		case "or": {
			const parts = filter.of.map((part) => translate(part, negated, textFields));
			const known = parts.filter((part) => part !== null);
			// Without one of its alternatives an OR could miss; an AND only finds more.
			const isAnd = (filter.kind === "and") !== negated;
			if (known.length === 0 || (!isAnd && known.length < parts.length)) return null;
			return known.length === 1 ? (known[0] as string) : `(${known.join(isAnd ? " && " : " || ")})`;
		}
		case "text":
			return textCondition(filter.text, negated, textFields);
		case "compare":
			return compareCondition(filter, negated);
	}
}

/** Tempo does not search inside maps, so neither does this. Texts that may be part of a number, `true` or a list in JSON cannot be looked for among attributes of text alone. */
const MAY_BE_JSON = /^[-+.\deE,:"{}[\]\s]*$|true|false|null/i;
const PART_OF_WORD = ["true", "false", "null"];

function textCondition(text: string, negated: boolean, textFields: TextFields): string | null {
	if (text === "") return negated ? "duration < 0ns" : null;
	const lowered = text.toLowerCase();
	const unsure = MAY_BE_JSON.test(text) || PART_OF_WORD.some((word) => word.includes(lowered));
	if (!negated && (textFields === null || unsure)) return null;
	const pattern = quoted(`(?is).*${escapeRegex(text)}.*`);
	const fields = (textFields ?? []).map((key) => quotedKey(key)).filter((key) => key !== null);
	const places = ["name", "statusMessage", ...fields.flatMap((key) => [`span.${key}`, `instrumentation.${key}`])];
	const condition = `(${places.map((place) => `${place} =~ ${pattern}`).join(" || ")})`;
	return negated ? `!${condition}` : condition;
}

function compareCondition(term: Compare, negated: boolean): string | null {
	const { field, value } = term;
	if (term.op === "!=") return compareCondition({ ...term, op: "=" }, !negated);
	const op = negated ? OPPOSITE[term.op] : term.op;
	switch (field) {
		case "name":
			return holdsFor("", op, String(value)) ? null : textual("name", op, String(value));
		case "service":
			if (holdsFor(UNKNOWN_SERVICE, op, String(value))) return null;
			return textual("resource.service.name", op, String(value));
		case "root.name":
		case "root.service":
			// A root that has not arrived satisfies no comparison but every negated one.
			if (negated && term.op !== "=") return null;
			if (holdsFor(field === "root.name" ? "" : UNKNOWN_SERVICE, op, String(value))) return null;
			return textual(field === "root.name" ? "trace:rootName" : "trace:rootService", op, String(value));
		case "kind":
			return word("kind", SPAN_KINDS, term, negated);
		case "status":
			return word("status", STATUS_CODES, term, negated);
		case "duration":
			return duration(op, value);
		case "traceId":
			return identifier("trace:id", searchedId(String(value)), String(value), term.op, negated);
		case "spanId":
			return identifier("span:id", String(value), String(value), term.op, negated);
		default:
			return attribute(term, negated);
	}
}

function textual(field: string, op: CompareOp, value: string): string {
	if (op !== "=" && op !== "!=") {
		// Beside a comparison with nothing Tempo misses some of the texts it holds for.
		if (value !== "") return `${field} ${op} ${quoted(value)}`;
		return op === "<=" ? `${field} = ""` : `${field} =~ "(?s).${op === ">" ? "+" : "*"}"`;
	}
	const pattern = patternOf(value);
	if (pattern === null) return `${field} ${op} ${quoted(value.replaceAll("\\*", "*"))}`;
	return `${field} ${op === "=" ? "=~" : "!~"} ${quoted(pattern)}`;
}

/** Whether a comparison other than `!=` holds for a text that Tempo keeps as nothing at all, and so finds by no other comparison. */
function holdsFor(nothing: string, op: CompareOp, value: string): boolean {
	if (op === "!=") return false;
	if (op === "=") return matchesText(value, nothing);
	const order = nothing < value ? -1 : nothing > value ? 1 : 0;
	return op === ">" ? order > 0 : op === ">=" ? order >= 0 : op === "<" ? order < 0 : order <= 0;
}

function matchesText(value: string, text: string): boolean {
	const pattern = patternOf(value);
	return pattern === null ? value.replaceAll("\\*", "*") === text : new RegExp(`^${pattern}$`).test(text);
}

function word(field: string, words: readonly string[], { op, value }: Compare, negated: boolean): string | null {
	if (op !== "=") return null;
	const text = String(value).toLowerCase();
	const wanted = words.filter((one) => matchesText(text, one));
	if (wanted.length === 0) return negated ? null : "duration < 0ns";
	const parts = wanted.map((one) => `${field} ${negated ? "!=" : "="} ${one}`);
	return parts.length === 1 ? (parts[0] as string) : `(${parts.join(negated ? " && " : " || ")})`;
}

function duration(op: CompareOp, value: Compare["value"]): string | null {
	if (typeof value !== "number" || !Number.isFinite(value)) return null;
	const bound = wholeBound(op, value);
	if (bound === null || bound.value < 0n || bound.value > MAX_INT) return null;
	return `duration ${bound.op} ${bound.value}ns`;
}

/**
 * Tempo compares the hex it prints, but looks ids up without their leading zero bytes, which finds none that has some. A text that is no
 * hex is not looked up.
 */
function identifier(field: string, printed: string, id: string, op: CompareOp, negated: boolean): string | null {
	if (op !== "=" || !/^[0-9a-f]+$/.test(printed)) return null;
	if (negated) return `${field} !~ ${quoted(`(?:${printed})`)}`;
	return id.startsWith("00") ? `${field} =~ ${quoted(`(?:${printed})`)}` : `${field} = ${quoted(printed)}`;
}

/** The key on every scope. The last of a key's scopes does not hide the others: each is named. */
function attribute({ field, op, value }: Compare, negated: boolean): string | null {
	const key = quotedKey(field);
	if (key === null) return null;
	const tests = typedTests(op, value);
	if (tests === null) return null;
	const condition = `(${SCOPES.flatMap((scope) => tests.map((test) => `${scope}.${key} ${test}`)).join(" || ")})`;
	return negated ? `!${condition}` : condition;
}

/** Tempo keeps integers and doubles apart and compares a literal with its own kind only, so a number is asked for as both. */
function typedTests(op: CompareOp, value: Compare["value"]): string[] | null {
	if (typeof value === "boolean") return op === "=" ? [`= ${value}`] : null;
	if (typeof value === "string") {
		// Nothing comes before nothing, which TraceQL cannot say of an attribute.
		if (op === "<" && value === "") return null;
		const tests = [textual("", op, value).trim()];
		// Integers beyond 2^53 are decimal strings in our model.
		if (op === "=" && /^-?\d{16,19}$/.test(value) && absolute(BigInt(value)) <= MAX_INT) tests.push(`= ${value}`);
		return tests;
	}
	if (!Number.isFinite(value)) return null;
	const tests = [`${op} ${double(value)}`];
	const bound = wholeBound(op, value);
	if (bound !== null) tests.push(`${bound.op} ${clamped(bound.value)}`);
	return tests;
}

/** The same comparison for whole numbers; null when none satisfies it. */
function wholeBound(op: CompareOp, value: number): { op: CompareOp; value: bigint } | null {
	if (Number.isInteger(value)) return { op, value: BigInt(value) };
	if (op === "=" || op === "!=") return null;
	const up = op === ">" || op === ">=";
	return { op: up ? ">=" : "<=", value: BigInt(up ? Math.ceil(value) : Math.floor(value)) };
}

function clamped(value: bigint): bigint {
	return value > MAX_INT ? MAX_INT : value < -MAX_INT ? -MAX_INT : value;
}

function absolute(value: bigint): bigint {
	return value < 0n ? -value : value;
}

/** With a point or an exponent, which is what makes it a double. */
function double(value: number): string {
	const text = String(value);
	return /[.e]/.test(text) ? text : `${text}.0`;
}

/** A regular expression for the whole text; null when the text has no star that stands for anything. */
function patternOf(value: string): string | null {
	const parts = value.split(/(?<!\\)\*/);
	return parts.length === 1 ? null : parts.map((part) => escapeRegex(part.replaceAll("\\*", "*"))).join("[\\s\\S]*");
}

function escapeRegex(text: string): string {
	return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** Lone surrogates have no UTF-8: they become what Tempo stored for them. */
function wellFormed(text: string): string {
	return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

/** A string literal of Go, in ASCII. */
function quoted(text: string): string {
	return JSON.stringify(wellFormed(text)).replace(/[\u007f-\u{10ffff}]/gu, (character) => {
		const code = (character.codePointAt(0) as number).toString(16);
		return code.length > 4 ? `\\U${code.padStart(8, "0")}` : `\\u${code.padStart(4, "0")}`;
	});
}

/** Longer ones cannot be placed between two of the scanner's reads. */
const MAX_KEY_BYTES = 400;

/** An attribute's name between quotes; null for one that TraceQL cannot spell: its scanner refuses NUL and byte order marks. */
function quotedKey(key: string): string | null {
	const name = wellFormed(key);
	if (name === "" || /[\0\ufeff]/.test(name) || Buffer.byteLength(name) > MAX_KEY_BYTES) return null;
	return `"${name.replace(/[\\"]/g, "\\$&")}"`;
}

const WORD = /(?:"(?:[^"\\]|\\.)*"|[^\s"])+/g;
const LOOKS_AHEAD = /(?:span|resource|event|link|instrumentation)\."|^[(-]*\d/;
const READ_BYTES = 1024;

/**
 * The query with spaces where they matter: Tempo's lexer reads 1,024 bytes at a time and looks ahead, after a scope or a number, with a
 * copy of its scanner. Where that copy reads on, the original misses those bytes. So no such word lies across two reads.
 */
export function laidOut(query: string): string {
	let text = "";
	let bytes = 0;
	for (const [word] of query.matchAll(WORD)) {
		const length = Buffer.byteLength(word);
		const left = READ_BYTES - (bytes % READ_BYTES);
		if (LOOKS_AHEAD.test(word) && left <= length && left < READ_BYTES) {
			text += " ".repeat(left);
			bytes += left;
		}
		text += `${word} `;
		bytes += length + 1;
	}
	return text.trimEnd();
}

const TAGS: Record<string, string> = {
	service: "resource.service.name",
	name: "name",
	"root.name": "rootName",
	"root.service": "rootServiceName",
};

/** The field's name where Tempo lists values; null for fields it lists none of. */
export function tagOf(field: string): string | null {
	if (Object.hasOwn(TAGS, field)) return TAGS[field] as string;
	return field === "" || ["duration", "traceId", "spanId"].includes(field) ? null : `.${field}`;
}

/** A trace's ID as Tempo's search has it: without the zeros that it begins with. */
export function searchedId(traceId: string): string {
	return traceId.replace(/^0+/, "");
}
