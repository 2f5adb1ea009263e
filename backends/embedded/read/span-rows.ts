/** Rows of the spans tables as the model's spans. */
import {
	type Attributes,
	SPAN_KINDS,
	type Span,
	type SpanCore,
	type SpanEvent,
	type SpanLink,
	STATUS_CODES,
} from "../../../core/model.ts";
import type { Column } from "../store/database.ts";
import { hexColumn } from "./hex-column.ts";
import type { Resource } from "./resources.ts";

/** By their OTLP numbers. */

type Columns = Record<string, Column>;

/** Columns of `trace-skeleton.sql`. */
export function spanCores(rows: number, columns: Columns): SpanCore[] {
	const { service, name, kind, start_ns, duration_ns } = columns as Record<string, never[]>;
	const { status, route, peer, weight, arrival, event_count, links } = columns as Record<string, never[]>;
	const [hi, lo] = [hexColumn(columns.trace_hi!), hexColumn(columns.trace_lo!)];
	const [ids, parents] = [hexColumn(columns.span_id!), hexColumn(columns.parent_id!)];
	return Array.from({ length: rows }, (_, i): SpanCore => {
		return {
			traceId: hi(i) + lo(i),
			spanId: ids(i),
			parentSpanId: parents(i) || null,
			service: service![i]!,
			name: name![i]!,
			kind: SPAN_KINDS[kind![i]!] ?? "unspecified",
			startUnixNano: start_ns![i]!,
			durationNs: Number(duration_ns![i]!),
			statusCode: STATUS_CODES[status![i]!] ?? "unset",
			route: route![i] ?? null,
			peer: peer![i] ?? null,
			links: readLinks(links![i] ?? null),
			weight: weight![i]!,
			arrival: Number(arrival![i]!),
			eventCount: event_count![i]!,
		};
	});
}

/** Columns of `trace-whole.sql`: the above and the rest. */
export function wholeSpans(rows: number, columns: Columns, resources: ReadonlyMap<bigint, Resource>): Span[] {
	const { status_message, trace_state, resource, attributes, events } = columns as Record<string, never[]>;
	return spanCores(rows, columns).map((core, i): Span => {
		const from = resources.get(resource![i]!);
		return {
			...core,
			statusMessage: status_message![i] ?? "",
			attributes: JSON.parse(attributes![i]!) as Attributes,
			resource: from?.attributes ?? {},
			scopeName: from?.scopeName ?? "",
			scopeVersion: from?.scopeVersion ?? "",
			traceState: trace_state![i] ?? "",
			events: readEvents(events![i] ?? null),
		};
	});
}

function readLinks(json: string | null): SpanLink[] {
	return json === null ? [] : (JSON.parse(json) as SpanLink[]);
}

function readEvents(json: string | null): SpanEvent[] {
	if (json === null) return [];
	const events = JSON.parse(json) as { timeUnixNano: string; name: string; attributes: Attributes }[];
	return events.map((event) => ({ ...event, timeUnixNano: BigInt(event.timeUnixNano) }));
}
