/** OTLP/JSON's AnyValue. */
export type AnyValue =
	| { stringValue: string }
	| { boolValue: boolean }
	| { intValue: string }
	| { doubleValue: number | "NaN" | "Infinity" | "-Infinity" }
	| { arrayValue: { values: AnyValue[] } }
	| { kvlistValue: { values: KeyValue[] } };

export interface KeyValue {
	key: string;
	value: AnyValue;
}

/** What takes the place of a secret. */
export const REDACTED = "[Redacted]";

/** Takes secrets out of what is sent. */
export interface Redactor {
	/** Is `name` that of a field whose value must not be sent? */
	isSecret(name: string): boolean;
	text(text: string): string;
}

const MAX_DEPTH = 8;

/** Any JSON value as an AnyValue; strings are cut to `limit`, what nests deeper than 8 levels becomes its JSON text. */
export function anyValue(value: unknown, limit: number, redactor?: Redactor, depth = 0): AnyValue {
	switch (typeof value) {
		case "string":
			return text(value, limit, redactor);
		case "boolean":
			return { boolValue: value };
		case "number":
			return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: double(value) };
		case "bigint":
			return { intValue: String(value) };
	}
	if (typeof value !== "object" || value === null) {
		return { stringValue: "" };
	}
	if (depth >= MAX_DEPTH) {
		return text(JSON.stringify(value), limit, redactor);
	}
	return Array.isArray(value)
		? { arrayValue: { values: value.map((item) => anyValue(item, limit, redactor, depth + 1)) } }
		: { kvlistValue: { values: keyValues(value, limit, redactor, depth + 1) } };
}

export function keyValues(
	of: object,
	limit = Number.POSITIVE_INFINITY,
	redactor: Redactor | undefined = undefined,
	depth = 0,
): KeyValue[] {
	const result: KeyValue[] = [];
	for (const [key, value] of Object.entries(of)) {
		if (value !== undefined && value !== null) {
			result.push({ key, value: fieldValue(key, value, limit, redactor, depth) });
		}
	}
	return result;
}

/** Must the value of the field `key` not be sent? That there is a secret (a boolean) is none. */
function isHidden(key: string, value: unknown, redactor: Redactor | undefined): boolean {
	return redactor?.isSecret(key) === true && typeof value !== "boolean";
}

function fieldValue(key: string, value: unknown, limit: number, redactor?: Redactor, depth = 0): AnyValue {
	return isHidden(key, value, redactor) ? { stringValue: REDACTED } : anyValue(value, limit, redactor, depth);
}

const MAX_KEYS = 2_000;
const starts = new Map<string, string>();

/**
 * One attribute as JSON text, `{"key":...,"value":...}`: what `JSON.stringify` makes of `fieldValue`, without the objects in between.
 * Keys come again and again; their text is kept.
 */
export function attributeJson(key: string, value: unknown, limit: number, redactor?: Redactor): string {
	let start = starts.get(key);
	if (start === undefined) {
		start = `{"key":${JSON.stringify(key)},"value":`;
		if (starts.size >= MAX_KEYS) {
			starts.clear();
		}
		starts.set(key, start);
	}
	return isHidden(key, value, redactor)
		? `${start}{"stringValue":"${REDACTED}"}}`
		: `${start}${valueJson(value, limit, redactor)}}`;
}

/** As JSON text, what `anyValue` makes of `value`. */
export function valueJson(value: unknown, limit: number, redactor?: Redactor): string {
	if (typeof value === "string") {
		return `{"stringValue":${JSON.stringify(shown(value, limit, redactor))}}`;
	}
	if (typeof value === "number" && Number.isSafeInteger(value)) {
		return `{"intValue":"${value}"}`;
	}
	return JSON.stringify(anyValue(value, limit, redactor));
}

function text(value: string, limit: number, redactor: Redactor | undefined): AnyValue {
	return { stringValue: shown(value, limit, redactor) };
}

/** What of `value` may be sent: without secrets, and not longer than `limit`. */
export function shown(value: string, limit: number, redactor: Redactor | undefined): string {
	const clean = redactor === undefined ? value : redactor.text(value);
	return clean.length > limit ? clean.slice(0, limit) : clean;
}

/** Doubles as protobuf's JSON mapping spells them: NaN and the infinities are strings. */
export function double(value: number): number | "NaN" | "Infinity" | "-Infinity" {
	return Number.isFinite(value) ? value : Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}
