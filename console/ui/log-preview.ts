import type { LogRecordAnswer } from "../client/api.ts";

/** Already on the line, or about the process rather than the event. */
const LEFT_OUT =
	/^(?:trace_?id|span_?id|trace_flags|pid|hostname|time|level|msg|service|service\.name|log\.|code\.|process\.|telemetry\.)/i;
const MAX_PAIRS = 6;
const MAX_VALUE = 48;

/** Longer values, mostly ids, come after the short ones, which say more to people. */
const LONG = 24;

/** What the line says besides its text, in a few `key value` pairs. */
export function logPreview(attributes: LogRecordAnswer["attributes"]): { key: string; value: string }[] {
	const short: { key: string; value: string }[] = [];
	const long: { key: string; value: string }[] = [];
	for (const [key, value] of Object.entries(attributes)) {
		if (short.length === MAX_PAIRS) break;
		if (LEFT_OUT.test(key) || value === null || value === "") continue;
		const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
		(text.length > LONG ? long : short).push({
			key,
			value: text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text,
		});
	}
	return [...short, ...long].slice(0, MAX_PAIRS);
}
