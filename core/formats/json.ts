/** JSON from outside: parsed by the engine; when that fails, a scan finds the place, because V8 does not always name it. */
import { describe } from "../attribute-value.ts";
import { InvalidInput } from "../ports.ts";

export type JsonObject = Record<string, unknown>;

/** Throws `InvalidInput` naming the position (a character offset) of the first thing that is not JSON. */
export function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		if (text.trim() === "") throw new InvalidInput("the body is empty, not JSON");
		const at = errorPosition(text);
		if (at === null) throw new InvalidInput(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
		const found = at >= text.length ? "the text ends" : `found ${JSON.stringify(text.slice(at, at + 12))}`;
		throw new InvalidInput(`not JSON at position ${at}: ${found}`);
	}
}

/** The value as an object, or `InvalidInput` naming the field. */
export function objectAt(value: unknown, path: string): JsonObject {
	if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
	throw new InvalidInput(`${path} is ${describe(value)}, not an object`);
}

/** The value as a list (absent and null are empty), or `InvalidInput` naming the field. */
export function listAt(value: unknown, path: string): unknown[] {
	if (value === undefined || value === null) return [];
	if (Array.isArray(value)) return value;
	throw new InvalidInput(`${path} is ${describe(value)}, not a list`);
}

/** The value as text (absent and null are empty), or `InvalidInput` naming the field. */
export function textAt(value: unknown, field: string): string {
	if (value === undefined || value === null) return "";
	if (typeof value === "string") return value;
	throw new InvalidInput(`${field} is ${describe(value)}, not a string`);
}

const TOKEN =
	/[ \t\n\r]*(?:([{}[\],:])|("(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y;

/** Offset of the first token that breaks the grammar; null when the scan finds nothing wrong. */
export function errorPosition(text: string): number | null {
	const open: ("{" | "[")[] = [];
	/** What may come next. */
	let expect: "value" | "value or ]" | "key" | "key or }" | "colon" | "comma" | "end" = "value";
	let at = 0;
	for (;;) {
		TOKEN.lastIndex = at;
		const match = TOKEN.exec(text);
		const start = at + (/^[ \t\n\r]*/.exec(text.slice(at, at + 4096))?.[0].length ?? 0);
		if (match === null) return expect === "end" && start >= text.length ? null : start;
		const [whole, mark, string, scalar] = match;
		const opened = open.at(-1);
		const wantsValue: boolean = expect === "value" || expect === "value or ]";
		if ((mark === "{" || mark === "[") && wantsValue) {
			open.push(mark);
			expect = mark === "{" ? "key or }" : "value or ]";
		} else if (mark === "}" && opened === "{" && (expect === "key or }" || expect === "comma")) {
			open.pop();
			expect = open.length === 0 ? "end" : "comma";
		} else if (mark === "]" && opened === "[" && (expect === "value or ]" || expect === "comma")) {
			open.pop();
			expect = open.length === 0 ? "end" : "comma";
		} else if (mark === "," && expect === "comma") expect = opened === "{" ? "key" : "value";
		else if (mark === ":" && expect === "colon") expect = "value";
		else if (string !== undefined && (expect === "key" || expect === "key or }")) expect = "colon";
		else if ((string ?? scalar) !== undefined && wantsValue) expect = open.length === 0 ? "end" : "comma";
		else return start;
		at += whole.length;
	}
}
