import { type Span, TraceFlags, trace } from "@opentelemetry/api";
import { getRPCMetadata } from "@opentelemetry/core";
import { activeContext } from "../active-context.ts";
import type { ServerMetadata } from "../http/call.ts";

/** The ids of the span a line was written in. */
export interface LineIds {
	traceId: string;
	spanId: string;
	flags: number;
	requestId: string | undefined;
	/** All of them as JSON text, for a line that has none of its own: `,"trace_id":"...",...`. */
	text: string;
	/** The last `before`, and `before + text` in one piece. */
	joined: { before: string; text: string };
}

/**
 * `before + ids.text`, made once for the lines of a span. In one piece: a string that is glued together anew for each line is walked through
 * again when it is written, which costs more than everything else here.
 */
export function withIds(before: string, ids: LineIds): string {
	if (ids.joined.before !== before) {
		ids.joined = { before, text: [before, ids.text].join("") };
	}
	return ids.joined.text;
}

let lastSpan: Span | undefined;
let lastIds: LineIds | undefined;

/** The active span's ids, or undefined outside of spans. Several lines in one span share one object. */
export function activeIds(): LineIds | undefined {
	const active = activeContext();
	const span = trace.getSpan(active);
	if (span === undefined) {
		return undefined;
	}
	if (span === lastSpan) {
		return lastIds;
	}
	const { traceId, spanId, traceFlags } = span.spanContext();
	lastSpan = span;
	if (traceId === "00000000000000000000000000000000") {
		lastIds = undefined;
	} else {
		const requestId = (getRPCMetadata(active) as ServerMetadata | undefined)?.requestId;
		lastIds = {
			traceId,
			spanId,
			flags: traceFlags & TraceFlags.SAMPLED,
			requestId,
			text: "",
			joined: { before: "", text: "" },
		};
		lastIds.text = idText(lastIds, () => false);
		lastIds.joined.text = lastIds.text;
	}
	return lastIds;
}

/** The fields every line carries, as the JSON text `,"service":"cart",...`, without those that `present` already has. */
export function staticText(fields: Readonly<Record<string, string>>, present: (key: string) => boolean): string {
	let text = "";
	for (const [key, value] of Object.entries(fields)) {
		if (!present(key)) {
			text += `,${JSON.stringify(key)}:${JSON.stringify(value)}`;
		}
	}
	return text;
}

/** The fields of a line in a span, as JSON text. A line that names its own trace keeps it, and gets no ids of ours beside it. */
export function idText(ids: LineIds, present: (key: string) => boolean): string {
	let text = "";
	if (!present("trace_id")) {
		text = `,"trace_id":"${ids.traceId}"`;
		if (!present("span_id")) {
			text += `,"span_id":"${ids.spanId}"`;
		}
		if (!present("trace_flags")) {
			text += ids.flags === 1 ? ',"trace_flags":"01"' : ',"trace_flags":"00"';
		}
	}
	if (ids.requestId !== undefined && !present("request_id")) {
		text += `,"request_id":"${ids.requestId}"`;
	}
	return text;
}
