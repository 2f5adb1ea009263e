/** Attributes as the store keeps them: JSON text, where numbers that JSON does not have are the texts `NaN`, `Infinity`, `-Infinity`. */
import type { Attributes } from "../../../core/model.ts";

export function attributesText(attributes: Attributes): string {
	for (const key in attributes) {
		const value = attributes[key];
		if (typeof value === "object" ? value !== null : typeof value === "number" && !Number.isFinite(value)) {
			return jsonText(attributes);
		}
	}
	return wellFormed(JSON.stringify(attributes));
}

export function jsonText(value: unknown): string {
	return wellFormed(
		JSON.stringify(value, (_, item: unknown) =>
			typeof item === "number" && !Number.isFinite(item) ? String(item) : item,
		),
	);
}

/** JSON.stringify escapes a lone surrogate, which DuckDB's JSON functions refuse. */
function wellFormed(json: string): string {
	return json.includes("\\ud") ? json.replace(/(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g, "$1\ufffd") : json;
}
