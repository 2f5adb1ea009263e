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

const MAX_DEPTH = 8;

/** Any JSON value as an AnyValue; strings are cut to `limit`, what nests deeper than 8 levels becomes its JSON text. */
export function anyValue(value: unknown, limit: number, depth = 0): AnyValue {
	switch (typeof value) {
		case "string":
			return { stringValue: value.length > limit ? value.slice(0, limit) : value };
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
		return { stringValue: JSON.stringify(value).slice(0, limit) };
	}
	return Array.isArray(value)
		? { arrayValue: { values: value.map((item) => anyValue(item, limit, depth + 1)) } }
		: { kvlistValue: { values: keyValues(value, limit, depth + 1) } };
}

export function keyValues(of: object, limit = Number.POSITIVE_INFINITY, depth = 0): KeyValue[] {
	const result: KeyValue[] = [];
	for (const [key, value] of Object.entries(of)) {
		if (value !== undefined && value !== null) {
			result.push({ key, value: anyValue(value, limit, depth) });
		}
	}
	return result;
}

/** Doubles as protobuf's JSON mapping spells them: NaN and the infinities are strings. */
export function double(value: number): number | "NaN" | "Infinity" | "-Infinity" {
	return Number.isFinite(value) ? value : Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}
