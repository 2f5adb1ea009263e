/** RED counted from entry spans out of Tempo, for services that have no RED metric. */
import { distinctSpans } from "../../core/distinct-spans.ts";
import type { TimeWindow } from "../../core/model.ts";
import type { Answer, Call, RedQuery, RedSeries } from "../../core/ports.ts";
import { redOfSketch } from "../../core/red.ts";
import { addToSketch, emptySketch, type Sketch } from "../../core/sketch.ts";
import type { WindowSpan } from "./topology/search-spans.ts";
import type { WindowReader, WindowSpans } from "./topology/window-spans.ts";

/** A span that enters its service, with the route it counts for. */
export interface EntrySpan {
	span: WindowSpan;
	route: string;
}

/**
 * Spans with a route (server, consumer, roots); where kinds are unknown, those whose parent is of another service. Of several versions of a
 * span the one with the later end.
 */
export function* entrySpans({ spans, counts }: WindowSpans): Generator<EntrySpan> {
	const traces = new Map<string, WindowSpan[]>();
	for (const span of spans) {
		const trace = traces.get(span.traceId);
		if (trace === undefined) traces.set(span.traceId, [span]);
		else trace.push(span);
	}
	for (const copies of traces.values()) {
		const trace = distinctSpans(copies);
		for (const span of trace.spans) {
			if (!counts(span)) continue;
			if (span.route !== null) yield { span, route: span.route };
			else if (span.kind === "unspecified" && comesFromOutside(span, trace.spans, trace.byId, trace.sharing)) {
				yield { span, route: span.name };
			}
		}
	}
}

function comesFromOutside(
	span: WindowSpan,
	spans: readonly WindowSpan[],
	byId: ReadonlyMap<string, number>,
	sharing: readonly number[],
): boolean {
	const first = spans[byId.get(span.parentSpanId ?? "") ?? -1];
	if (first === undefined) return false;
	if (first.service !== span.service) return true;
	return sharing.some((i) => spans[i]?.spanId === span.parentSpanId && spans[i]?.service !== span.service);
}

/** `partial` where the spans are a sample: then calls are estimated, and quantiles are the sample's. Throws as `Engine.json`. */
export async function redFromSpans(reader: WindowReader, query: RedQuery, call: Call): Promise<Answer<RedSeries[]>> {
	const read = await reader.read(query.window, { services: query.services }, call);
	const data = redOf(read, query);
	const isEmpty = data.length === 0;
	const reasons = [...read.reasons];
	if (!read.whole && read.scale === null) reasons.push("How many calls there are in all is not known.");
	if (isEmpty) reasons.push("no server, consumer or root span of these services starts in this window");
	return {
		data,
		status: isEmpty ? "empty" : read.whole ? "ok" : "partial",
		reasons,
		source: "spans",
		window: query.window,
		query: "{ }",
	};
}

interface Cell {
	durations: Sketch;
	errors: number;
}

interface Counted {
	service: string;
	route: string | null;
	whole: Cell;
	slots: Map<number, Cell>;
}

/** Also what a list of services needs: one step over the whole window. */
export function redOf(read: WindowSpans, query: RedQuery): RedSeries[] {
	const { window, stepNs } = query;
	const wanted = query.services && new Set(query.services);
	const series = new Map<string, Counted>();
	for (const { span, route } of entrySpans(read)) {
		if (wanted && !wanted.has(span.service)) continue;
		if (query.route !== undefined && route !== query.route) continue;
		const shown = query.byRoute ? route : null;
		const key = JSON.stringify([span.service, shown]);
		let counted = series.get(key);
		if (counted === undefined) {
			counted = { service: span.service, route: shown, whole: newCell(), slots: new Map() };
			series.set(key, counted);
		}
		const slot = Number((span.startUnixNano - window.fromUnixNano) / stepNs);
		let cell = counted.slots.get(slot);
		if (cell === undefined) {
			cell = newCell();
			counted.slots.set(slot, cell);
		}
		const weight = span.weight * (read.scale ?? 1);
		for (const { durations } of [cell, counted.whole]) addToSketch(durations, span.durationNs, weight);
		if (span.statusCode !== "error") continue;
		cell.errors += weight;
		counted.whole.errors += weight;
	}
	return [...series.values()]
		.sort((a, b) => compare(a.service, b.service) || compare(a.route ?? "", b.route ?? ""))
		.map(({ service, route, whole, slots }) => ({
			service,
			route,
			source: "spans",
			summary: redOfSketch(whole.durations, whole.errors, secondsOf(window)),
			points: Array.from({ length: slotCount(window, stepNs) }, (_, at) => {
				const fromUnixNano = window.fromUnixNano + BigInt(at) * stepNs;
				const toUnixNano = fromUnixNano + stepNs < window.toUnixNano ? fromUnixNano + stepNs : window.toUnixNano;
				const { durations, errors } = slots.get(at) ?? EMPTY;
				return {
					timeUnixNano: fromUnixNano,
					...redOfSketch(durations, errors, secondsOf({ fromUnixNano, toUnixNano })),
				};
			}),
		}));
}

const EMPTY: Cell = newCell();

function newCell(): Cell {
	return { durations: emptySketch(), errors: 0 };
}

function slotCount(window: TimeWindow, stepNs: bigint): number {
	return Number((window.toUnixNano - window.fromUnixNano + stepNs - 1n) / stepNs);
}

function secondsOf(window: TimeWindow): number {
	return Number(window.toUnixNano - window.fromUnixNano) / 1e9;
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
