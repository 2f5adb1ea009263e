/** OTLP's AnyValue to the model's attribute values and back, and the words derived from them. */
import type { Attributes, AttributeValue, LogLevel } from "./model.ts";
import { InvalidInput } from "./ports.ts";

/** Deeper nesting than this is an attack or a bug: the item that carries it is rejected. */
const MAX_DEPTH = 32;

/** An OTLP/JSON AnyValue (`{"intValue": "7"}`). Integers come as numbers, beyond 2^53 as decimal strings. Throws `InvalidInput`. */
export function readAnyValue(value: unknown, depth = 0): AttributeValue {
	if (value === null || value === undefined) return null;
	if (typeof value !== "object" || Array.isArray(value)) {
		throw new InvalidInput(`an attribute value is ${describe(value)}, not an AnyValue such as {"stringValue": "x"}`);
	}
	if (depth > MAX_DEPTH) throw new InvalidInput(`an attribute value is nested deeper than ${MAX_DEPTH} levels`);
	const any = value as Record<string, unknown>;
	if (any.stringValue !== undefined) return text(any.stringValue, "stringValue");
	if (any.intValue !== undefined) return integer(any.intValue);
	if (any.boolValue !== undefined) {
		if (typeof any.boolValue !== "boolean") throw new InvalidInput(`boolValue is ${describe(any.boolValue)}`);
		return any.boolValue;
	}
	if (any.doubleValue !== undefined) return double(any.doubleValue, "doubleValue");
	if (any.arrayValue !== undefined) {
		return list((any.arrayValue as { values?: unknown } | null)?.values, "arrayValue.values").map((item) =>
			readAnyValue(item, depth + 1),
		);
	}
	if (any.kvlistValue !== undefined) {
		return readAttributes((any.kvlistValue as { values?: unknown } | null)?.values, depth + 1);
	}
	if (any.bytesValue !== undefined) return text(any.bytesValue, "bytesValue");
	return null;
}

/** An OTLP/JSON list of KeyValue. The last of equal keys wins; entries without a key are left out. Throws `InvalidInput`. */
export function readAttributes(entries: unknown, depth = 0): Attributes {
	const attributes: Attributes = {};
	if (entries === undefined || entries === null) return attributes;
	for (const entry of list(entries, "attributes")) {
		const { key, value } = (entry ?? {}) as { key?: unknown; value?: unknown };
		if (typeof key !== "string" || key === "") continue;
		setAttribute(attributes, key, readAnyValue(value, depth));
	}
	return attributes;
}

/** Sets a key that came from outside: `__proto__` becomes an ordinary key. */
export function setAttribute(attributes: Attributes, key: string, value: AttributeValue): void {
	if (key === "__proto__") {
		Object.defineProperty(attributes, key, { value, enumerable: true, configurable: true, writable: true });
	} else attributes[key] = value;
}

/** The OTLP/JSON AnyValue of an attribute value. Whole numbers are written as integers. */
export function writeAnyValue(value: AttributeValue): object {
	if (value === null) return {};
	if (typeof value === "string") return { stringValue: value };
	if (typeof value === "boolean") return { boolValue: value };
	if (typeof value === "number") {
		if (Number.isSafeInteger(value) && !Object.is(value, -0)) return { intValue: String(value) };
		return { doubleValue: Number.isFinite(value) ? value : String(value) };
	}
	if (Array.isArray(value)) return { arrayValue: { values: value.map(writeAnyValue) } };
	return { kvlistValue: { values: writeAttributes(value) } };
}

export function writeAttributes(attributes: Attributes): { key: string; value: object }[] {
	return Object.entries(attributes).map(([key, value]) => ({ key, value: writeAnyValue(value) }));
}

/** What people read and search: strings as they are, everything else as JSON. */
export function attributeText(value: AttributeValue): string {
	return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/** A string attribute under the first of `keys` that has one; numbers count as their text. */
export function firstText(attributes: Attributes, ...keys: string[]): string | null {
	for (const key of keys) {
		const value = attributes[key];
		if (typeof value === "string" && value !== "") return value;
		if (typeof value === "number") return String(value);
	}
	return null;
}

const LEVELS: LogLevel[] = ["trace", "debug", "info", "warn", "error", "fatal"];
const LEVEL_WORDS: Record<string, LogLevel> = {
	trace: "trace",
	verbose: "trace",
	finest: "trace",
	debug: "debug",
	fine: "debug",
	info: "info",
	information: "info",
	informational: "info",
	notice: "info",
	warn: "warn",
	warning: "warn",
	error: "error",
	err: "error",
	severe: "error",
	fatal: "fatal",
	critical: "fatal",
	crit: "fatal",
	alert: "fatal",
	emergency: "fatal",
	emerg: "fatal",
	panic: "fatal",
};

/** The level of an OTLP severity number (1..24); of the text (`WARN`, `Warning`, `error2`) when there is no number. */
export function levelOf(severityNumber: number, severityText: string): LogLevel {
	if (severityNumber >= 1 && severityNumber <= 24) {
		return LEVELS[Math.floor((severityNumber - 1) / 4)] ?? "unspecified";
	}
	return (
		LEVEL_WORDS[
			severityText
				.trim()
				.toLowerCase()
				.replace(/[2-4]$/, "")
		] ?? "unspecified"
	);
}

/** The type and a glimpse of a value from outside, for error messages. */
export function describe(value: unknown): string {
	if (value === undefined) return "missing";
	if (value === null) return "null";
	if (Array.isArray(value)) return "a list";
	if (typeof value === "object") return "an object";
	const glimpse = String(value);
	return JSON.stringify(glimpse.length > 40 ? `${glimpse.slice(0, 40)}...` : value) ?? glimpse;
}

export function list(value: unknown, field: string): unknown[] {
	if (value === undefined || value === null) return [];
	if (!Array.isArray(value)) throw new InvalidInput(`${field} is ${describe(value)}, not a list`);
	return value;
}

function text(value: unknown, field: string): string {
	if (typeof value === "string") return value;
	throw new InvalidInput(`${field} is ${describe(value)}, not a string`);
}

function integer(value: unknown): number | string {
	if (typeof value === "number" && Number.isInteger(value)) return value;
	if (typeof value === "string" && /^-?\d{1,20}$/.test(value)) {
		const number = Number(value);
		return Number.isSafeInteger(number) ? number : value;
	}
	throw new InvalidInput(`intValue is ${describe(value)}, not a 64-bit integer`);
}

/** A double of protobuf's JSON mapping: a number, its text, or `NaN`, `Infinity`, `-Infinity`. */
export function double(value: unknown, field: string): number {
	if (typeof value === "number") return value;
	if (typeof value === "string" && /^(-?\d+(\.\d+)?([eE][+-]?\d+)?|NaN|-?Infinity)$/.test(value)) return Number(value);
	throw new InvalidInput(`${field} is ${describe(value)}, not a number`);
}
