/** Spans as rows of `spans`, whatever encoding they came in. */
import { type Attributes, SPAN_KINDS, type Span, STATUS_CODES } from "../../../core/model.ts";
import { requestIdOf } from "../../../core/route.ts";
import type { ResourceRow, TableRows } from "../store/batch.ts";
import { BigColumn, finishColumns, NumberColumn, SymbolColumn, Symbols, TextColumn } from "../store/columns.ts";
import { attributesText, jsonText } from "./attributes-text.ts";
import { hexWords, TimesSeen, wordsOf } from "./words.ts";

/** One span, on its way into the columns. One object serves all spans of a request. 64-bit values are halves. */
export class SpanDraft {
	traceHiLo = 0;
	traceHiHi = 0;
	traceLoLo = 0;
	traceLoHi = 0;
	spanLo = 0;
	spanHi = 0;
	hasParent = false;
	parentLo = 0;
	parentHi = 0;
	startLo = 0;
	startHi = 0;
	durationLo = 0;
	durationHi = 0;
	name = "";
	/** OTLP numbers, in range. */
	kind = 0;
	status = 0;
	route: string | null = null;
	peer: string | null = null;
	weight = 1;
	statusMessage = "";
	traceState = "";
	attributes: Attributes = {};
	events: { timeUnixNano: string; name: string; attributes: Attributes }[] = [];
	links: { traceId: string; spanId: string; attributes: Attributes }[] = [];
}

export class SpanRows {
	rows = 0;
	readonly times = new TimesSeen();
	private readonly columns;

	constructor(capacity: number) {
		const symbols = new Symbols();
		this.columns = {
			trace_hi: new BigColumn("u64", capacity),
			trace_lo: new BigColumn("u64", capacity),
			span_id: new BigColumn("u64", capacity),
			parent_id: new BigColumn("u64", capacity),
			start_ns: new BigColumn("i64", capacity),
			duration_ns: new BigColumn("i64", capacity),
			service: new SymbolColumn(symbols, capacity),
			name: new SymbolColumn(symbols, capacity),
			kind: new NumberColumn("u8", capacity),
			status: new NumberColumn("u8", capacity),
			route: new SymbolColumn(symbols, capacity),
			peer: new SymbolColumn(symbols, capacity),
			env: new SymbolColumn(symbols, capacity),
			request_id: new SymbolColumn(symbols, capacity),
			weight: new NumberColumn("f64", capacity),
			event_count: new NumberColumn("u32", capacity),
			status_message: new SymbolColumn(symbols, capacity),
			trace_state: new SymbolColumn(symbols, capacity),
			resource: new BigColumn("u64", capacity),
			attributes: new TextColumn(capacity, capacity * 256),
			events: new TextColumn(capacity, 0),
			links: new TextColumn(capacity, 0),
		};
	}

	add(span: SpanDraft, resource: ResourceRow): void {
		const c = this.columns;
		c.trace_hi.pushWords(span.traceHiLo, span.traceHiHi);
		c.trace_lo.pushWords(span.traceLoLo, span.traceLoHi);
		c.span_id.pushWords(span.spanLo, span.spanHi);
		if (span.hasParent) c.parent_id.pushWords(span.parentLo, span.parentHi);
		else c.parent_id.pushNull();
		c.start_ns.pushWords(span.startLo, span.startHi);
		c.duration_ns.pushWords(span.durationLo, span.durationHi);
		c.service.push(resource.service);
		c.name.push(span.name);
		c.kind.push(span.kind);
		c.status.push(span.status);
		c.route.push(span.route);
		c.peer.push(span.peer);
		c.env.push(resource.env);
		c.request_id.push(requestIdOf(span.attributes));
		c.weight.push(span.weight);
		c.event_count.push(span.events.length);
		c.status_message.push(span.statusMessage || null);
		c.trace_state.push(span.traceState || null);
		c.resource.push(resource.id);
		c.attributes.push(attributesText(span.attributes));
		c.events.push(span.events.length === 0 ? null : jsonText(span.events));
		c.links.push(span.links.length === 0 ? null : jsonText(span.links));
		this.times.see(span.startLo, span.startHi);
		this.times.seeMinute(span.startLo, span.startHi);
		this.rows++;
	}

	finish(): TableRows {
		return { rows: this.rows, columns: finishColumns(this.columns) };
	}
}

/** A span of the model, written into `draft`. */
export function draftSpan(span: Span, draft: SpanDraft): void {
	[draft.traceHiLo, draft.traceHiHi] = hexWords(span.traceId, 0);
	[draft.traceLoLo, draft.traceLoHi] = hexWords(span.traceId, 16);
	[draft.spanLo, draft.spanHi] = hexWords(span.spanId, 0);
	draft.hasParent = span.parentSpanId !== null;
	if (span.parentSpanId !== null) [draft.parentLo, draft.parentHi] = hexWords(span.parentSpanId, 0);
	[draft.startLo, draft.startHi] = wordsOf(span.startUnixNano);
	[draft.durationLo, draft.durationHi] = wordsOf(BigInt(span.durationNs));
	draft.name = span.name;
	draft.kind = SPAN_KINDS.indexOf(span.kind);
	draft.status = STATUS_CODES.indexOf(span.statusCode);
	draft.route = span.route;
	draft.peer = span.peer;
	draft.weight = span.weight;
	draft.statusMessage = span.statusMessage;
	draft.traceState = span.traceState;
	draft.attributes = span.attributes;
	draft.events = span.events.map(({ timeUnixNano, name, attributes }) => ({
		timeUnixNano: String(timeUnixNano),
		name,
		attributes,
	}));
	draft.links = span.links;
}
