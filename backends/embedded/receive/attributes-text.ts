/** Attributes as the store keeps them: JSON text, where numbers that JSON does not have are the texts `NaN`, `Infinity`, `-Infinity`. */
import type { Attributes } from "../../../core/model.ts";

export function attributesText(attributes: Attributes): string {
	return jsonText(attributes);
}

export function jsonText(value: unknown): string {
	const text = JSON.stringify(value, (_, item: unknown) =>
		typeof item === "number" && !Number.isFinite(item) ? String(item) : item,
	);
	// JSON.stringify escapes a lone surrogate, which DuckDB's JSON functions refuse.
	return text.includes("\\ud") ? text.replace(/\\ud[89a-f][0-9a-f]{2}/g, "\ufffd") : text;
}
