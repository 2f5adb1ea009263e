/** Search text (`service:cart status:error duration:>200ms http.route:"/x" "free text"`) as one filter tree that each backend translates. */
import { normaliseSpanId, normaliseTraceId } from "./ids.ts";
import { InvalidInput } from "./ports.ts";
import { parseDuration } from "./time.ts";

export type CompareOp = "=" | "!=" | ">" | ">=" | "<" | "<=";

export type Filter =
	| { kind: "and"; of: Filter[] }
	| { kind: "or"; of: Filter[] }
	| { kind: "not"; of: Filter }
	/**
	 * `field` is an intrinsic (`service`, `name`, `kind`, `status`, `duration`, `traceId`, `spanId`, `level`, `body`, `root.name`, `root.service`) or
	 * an attribute key, looked for on span, resource, scope, events and links. A string with `*` is a pattern (`\*` is a star). `duration`
	 * is in nanoseconds. Strings compare with strings, numbers with numbers; `!=` is the opposite of `=`, absent keys included.
	 */
	| { kind: "compare"; field: string; op: CompareOp; value: string | number | boolean }
	/** Free text: span names, status messages, log bodies and attribute values that contain it, whatever the case. */
	| { kind: "text"; text: string };

const MAX_TERMS = 100;
const MAX_DEPTH = 30;

const ALIASES: Record<string, string> = {
	"service.name": "service",
	"span.name": "name",
	operation: "name",
	trace_id: "traceId",
	traceid: "traceId",
	trace: "traceId",
	span_id: "spanId",
	spanid: "spanId",
	severity: "level",
	message: "body",
};
const WORDS: Record<string, readonly string[]> = {
	status: ["error", "ok", "unset"],
	kind: ["server", "client", "producer", "consumer", "internal", "unspecified"],
	level: ["trace", "debug", "info", "warn", "error", "fatal", "unspecified"],
};
const TEXT_FIELDS = new Set(["service", "name", "body", "root.name", "root.service"]);

type Token =
	| { kind: "(" | ")" | "and" | "or" | "not"; at: number }
	| { kind: "text"; text: string; at: number }
	| { kind: "compare"; field: string; op: CompareOp; text: string; quoted: boolean; at: number; valueAt: number };

/**
 * Terms side by side must all hold; `OR` (below AND), `AND`, `NOT` or `-`, parentheses. A term is `field:value`, `field:>value`,
 * `field=value`, `field!=value`, a word, or `"several words"`; values may be quoted and hold `*`. `field:*` asks that the field exists.
 * null for empty text. Throws `InvalidInput` that names the position (from 1) and what was expected.
 */
export function parseSearch(text: string): Filter | null {
	const tokens = tokenise(text);
	if (tokens.length === 0) return null;
	let next = 0;
	const any = (depth: number): Filter => {
		if (depth > MAX_DEPTH) fail(tokens[next]?.at ?? 0, `more than ${MAX_DEPTH} nested parentheses`);
		const of = [all(depth)];
		while (tokens[next]?.kind === "or") {
			next++;
			of.push(all(depth));
		}
		return of.length === 1 ? (of[0] as Filter) : { kind: "or", of };
	};
	const all = (depth: number): Filter => {
		const of = [one(depth)];
		for (let token = tokens[next]; token && token.kind !== "or" && token.kind !== ")"; token = tokens[next]) {
			if (token.kind === "and") next++;
			of.push(one(depth));
		}
		return of.length === 1 ? (of[0] as Filter) : { kind: "and", of };
	};
	const one = (depth: number): Filter => {
		let negated = false;
		while (tokens[next]?.kind === "not") {
			negated = !negated;
			next++;
		}
		const filter = term(depth);
		return negated ? { kind: "not", of: filter } : filter;
	};
	const term = (depth: number): Filter => {
		const token = tokens[next++];
		if (token?.kind === "text") return { kind: "text", text: token.text };
		if (token?.kind === "compare") return compare(token);
		if (token?.kind !== "(") {
			return fail(
				token?.at ?? text.length,
				`a term such as service:cart is missing${token ? ` before "${token.kind}"` : ""}`,
			);
		}
		const inside = any(depth + 1);
		if (tokens[next]?.kind !== ")") fail(token.at, "this parenthesis is never closed");
		next++;
		return inside;
	};
	const filter = any(0);
	const rest = tokens[next];
	return rest === undefined ? filter : fail(rest.at, "this parenthesis closes nothing");
}

const SPACE = /\s*/y;
const FIELD = /(?:"((?:[^"\\]|\\.)+)"|([A-Za-z_@][\w.@/-]*))(?::(!=|>=|<=|>|<|=)?|(!=|>=|<=|>|<|=))(?!\/\/)/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const BARE = /[^\s()"]+/y;

function tokenise(text: string): Token[] {
	const tokens: Token[] = [];
	let at = 0;
	const take = (pattern: RegExp): RegExpExecArray | null => {
		pattern.lastIndex = at;
		const match = pattern.exec(text);
		if (match !== null) at += match[0].length;
		return match;
	};
	for (take(SPACE); at < text.length; take(SPACE)) {
		if (tokens.length >= MAX_TERMS) fail(at, `more than ${MAX_TERMS} terms`);
		const start = at;
		const character = text[at];
		if (character === "(" || character === ")") {
			tokens.push({ kind: character, at: at++ });
			continue;
		}
		if (character === "-" && /[^\s-]/.test(text[at + 1] ?? " ")) {
			tokens.push({ kind: "not", at: at++ });
			continue;
		}
		const field = take(FIELD);
		if (field !== null) {
			const name = field[1] === undefined ? (field[2] ?? "") : plain(field[1]);
			const op = (field[3] ?? field[4] ?? "=") as CompareOp;
			const valueAt = at;
			const quoted = take(QUOTED);
			const value = quoted === null ? take(BARE)?.[0] : plain(quoted[1] ?? "");
			if (value === undefined) fail(at, `a value for ${name} is missing`);
			else tokens.push({ kind: "compare", field: name, op, text: value, quoted: quoted !== null, at: start, valueAt });
			continue;
		}
		const quoted = take(QUOTED);
		if (quoted !== null) {
			if (quoted[1] !== "") tokens.push({ kind: "text", text: plain(quoted[1] ?? ""), at: start });
			continue;
		}
		const word = take(BARE)?.[0];
		if (word === undefined) return fail(at, "this quote is never closed");
		if (word === "OR" || word === "AND" || word === "NOT") {
			tokens.push({ kind: word.toLowerCase() as "or" | "and" | "not", at: start });
		} else {
			// Text is looked for anywhere: stars at its ends say nothing more.
			const bare = word.replace(/^\*+|\*+$/g, "");
			if (bare !== "") tokens.push({ kind: "text", text: bare, at: start });
		}
	}
	return tokens;
}

/** A backslash makes the next quote or backslash plain; one before a star stays, because patterns read it. */
function plain(text: string): string {
	return text.replace(/\\(["\\])/g, "$1");
}

/** A field may be called `constructor` or `valueOf`: only what the table itself holds counts. */
function own<T>(table: Record<string, T>, name: string): T | undefined {
	return Object.hasOwn(table, name) ? table[name] : undefined;
}

function compare(token: Extract<Token, { kind: "compare" }>): Filter {
	const field = own(ALIASES, token.field.toLowerCase()) ?? token.field;
	const { op, text, valueAt } = token;
	const of = (value: string | number | boolean): Filter => ({ kind: "compare", field, op, value });
	if (field === "duration") return of(durationOf(text, valueAt));
	if (field === "traceId" || field === "spanId") {
		const id = field === "traceId" ? normaliseTraceId(text) : normaliseSpanId(text);
		return id === null ? fail(valueAt, `"${text}" is not a ${field === "traceId" ? "trace" : "span"} ID`) : of(id);
	}
	const words = own(WORDS, field);
	if (words !== undefined) {
		const word = text.toLowerCase();
		if (!word.includes("*") && !words.includes(word))
			fail(valueAt, `${field} is one of ${words.join(", ")}, not "${text}"`);
		return of(word);
	}
	if (TEXT_FIELDS.has(field) || token.quoted) return of(text);
	if (text === "*" && (op === "=" || op === "!=")) return exists(field, op);
	const typed = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)
		? Number(text)
		: text === "true" || text === "false"
			? text === "true"
			: null;
	if (typed === null) return of(text);
	if (op !== "=" && op !== "!=") return of(typed);
	// Not everyone sends 502 as a number: Zipkin's and many log libraries' values are all text.
	return { kind: op === "=" ? "or" : "and", of: [of(typed), of(text)] };
}

/** A value of any type under the key. */
function exists(field: string, op: "=" | "!="): Filter {
	const of: Filter[] = [
		{ kind: "compare", field, op: "=", value: "*" },
		{ kind: "compare", field, op: ">=", value: -Number.MAX_VALUE },
		{ kind: "compare", field, op: "=", value: true },
		{ kind: "compare", field, op: "=", value: false },
	];
	return op === "=" ? { kind: "or", of } : { kind: "not", of: { kind: "or", of } };
}

function durationOf(text: string, at: number): number {
	try {
		return parseDuration(text);
	} catch (error) {
		return fail(at, (error as Error).message);
	}
}

function fail(at: number, message: string): never {
	throw new InvalidInput(`search text, position ${at + 1}: ${message}`);
}
