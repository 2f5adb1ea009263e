import type { Attributes } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";

/** A span object with its ids and times, an attribute, an event or link, as V8 holds them: measured on Node 20, rounded up. */
const SPAN = 1_100;
const ATTRIBUTE = 40;
const NESTED = 250;

/** Roughly how many bytes a span takes while it waits; strings count with two bytes a character, as they may. */
export function sizeOf(span: ReadableSpan): number {
	let bytes = SPAN + 2 * span.name.length + attributesSize(span.attributes) + 2 * (span.status.message?.length ?? 0);
	for (const { name, attributes } of span.events) {
		bytes += NESTED + 2 * name.length + attributesSize(attributes);
	}
	for (const { attributes } of span.links) {
		bytes += NESTED + attributesSize(attributes);
	}
	return bytes;
}

function attributesSize(attributes: Attributes | undefined): number {
	let bytes = 0;
	for (const key in attributes) {
		const value = attributes[key];
		bytes += ATTRIBUTE;
		if (typeof value === "string") {
			bytes += 2 * value.length;
		} else if (Array.isArray(value)) {
			for (const item of value) {
				bytes += 16 + (typeof item === "string" ? 2 * item.length : 0);
			}
		}
	}
	return bytes;
}
