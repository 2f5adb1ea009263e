/** Spans of the model as rows of `spans`. */
import { spanIdWord, traceIdWords } from "../../../core/ids.ts";
import type { Span, SpanKind, StatusCode } from "../../../core/model.ts";
import { requestIdOf } from "../../../core/route.ts";
import type { ResourceRow, TableRows } from "../store/batch.ts";
import { BigColumn, NumberColumn, SymbolColumn, TextColumn } from "../store/columns.ts";
import { attributesText, jsonText } from "./attributes-text.ts";

const KINDS: readonly SpanKind[] = ["unspecified", "internal", "server", "client", "producer", "consumer"];
const STATUSES: readonly StatusCode[] = ["unset", "ok", "error"];

export class SpanRows {
	rows = 0;
	private readonly columns;

	constructor(capacity: number) {
		this.columns = {
			trace_hi: new BigColumn("u64", capacity),
			trace_lo: new BigColumn("u64", capacity),
			span_id: new BigColumn("u64", capacity),
			parent_id: new BigColumn("u64", capacity),
			start_ns: new BigColumn("i64", capacity),
			duration_ns: new BigColumn("i64", capacity),
			service: new SymbolColumn(capacity),
			name: new SymbolColumn(capacity),
			kind: new NumberColumn("u8", capacity),
			status: new NumberColumn("u8", capacity),
			route: new SymbolColumn(capacity),
			peer: new SymbolColumn(capacity),
			env: new SymbolColumn(capacity),
			request_id: new SymbolColumn(capacity),
			weight: new NumberColumn("f64", capacity),
			event_count: new NumberColumn("u32", capacity),
			status_message: new SymbolColumn(capacity),
			trace_state: new SymbolColumn(capacity),
			resource: new BigColumn("u64", capacity),
			attributes: new TextColumn(capacity, capacity * 256),
			events: new TextColumn(capacity, 0),
			links: new TextColumn(capacity, 0),
		};
	}

	add(span: Span, resource: ResourceRow): void {
		const c = this.columns;
		const { hi, lo } = traceIdWords(span.traceId);
		c.trace_hi.push(hi);
		c.trace_lo.push(lo);
		c.span_id.push(spanIdWord(span.spanId));
		c.parent_id.push(span.parentSpanId === null ? null : spanIdWord(span.parentSpanId));
		c.start_ns.push(span.startUnixNano);
		c.duration_ns.push(BigInt(span.durationNs));
		c.service.push(resource.service);
		c.name.push(span.name);
		c.kind.push(KINDS.indexOf(span.kind));
		c.status.push(STATUSES.indexOf(span.statusCode));
		c.route.push(span.route);
		c.peer.push(span.peer);
		c.env.push(resource.env);
		c.request_id.push(requestIdOf(span.attributes));
		c.weight.push(span.weight);
		c.event_count.push(span.eventCount);
		c.status_message.push(span.statusMessage || null);
		c.trace_state.push(span.traceState || null);
		c.resource.push(resource.id);
		c.attributes.push(attributesText(span.attributes));
		c.events.push(
			span.events.length === 0
				? null
				: jsonText(span.events.map((event) => ({ ...event, timeUnixNano: String(event.timeUnixNano) }))),
		);
		c.links.push(span.links.length === 0 ? null : jsonText(span.links));
		this.rows++;
	}

	finish(): TableRows {
		return {
			rows: this.rows,
			columns: Object.fromEntries(Object.entries(this.columns).map(([name, column]) => [name, column.finish()])),
		};
	}
}
