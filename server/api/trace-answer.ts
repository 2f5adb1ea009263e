/** A trace as the API tells it: facts, whole spans, or the columnar skeleton. */
import { criticalPath } from "../../core/critical-path.ts";
import { SPAN_KINDS, type Span, type SpanCore } from "../../core/model.ts";
import { flagNames, SPAN_FLAGS, type TraceTree } from "../../core/trace-tree.ts";
import type { Pivot, Skeleton, SpanAnswer } from "./schema.ts";

export type TraceFacts = NonNullable<Pivot["trace"]["facts"]>;

/** `percentile` and `partial` are known to the caller alone. */
export function traceFacts(tree: TraceTree, percentile: number | null, partial: boolean): TraceFacts {
	const { root } = tree;
	return {
		traceId: tree.traceId,
		startUnixNano: String(tree.startUnixNano),
		durationNs: tree.durationNs,
		spanCount: tree.spanCount,
		errorCount: tree.errorCount,
		depth: tree.depthMax,
		orphans: tree.orphans,
		services: tree.services,
		root: root && { spanId: root.spanId, service: root.service, name: root.name, missing: root.missing },
		criticalPath: criticalPath(tree),
		percentile,
		partial: partial || tree.orphans > 0 || root?.missing === true,
	};
}

/** Whole spans in tree order; placeholders are not spans and stay out. */
export function spanAnswers(tree: TraceTree<Span>, limit = Number.POSITIVE_INFINITY): SpanAnswer[] {
	const answers: SpanAnswer[] = [];
	for (let row = 0; row < tree.rowCount && answers.length < limit; row++) {
		const span = tree.spans[row];
		if (span) answers.push(spanAnswer(tree, row, span));
	}
	return answers;
}

export function spanAnswer(tree: TraceTree, row: number, span: Span): SpanAnswer {
	return {
		spanId: span.spanId,
		parentSpanId: span.parentSpanId,
		service: span.service,
		name: span.name,
		kind: span.kind,
		startNs: tree.startNs[row] as number,
		durationNs: span.durationNs,
		selfNs: tree.selfNs[row] as number,
		status: span.statusCode,
		statusMessage: span.statusMessage,
		attributes: span.attributes,
		resource: span.resource,
		scopeName: span.scopeName,
		scopeVersion: span.scopeVersion,
		events: span.events.map((event) => ({
			startNs: Number(event.timeUnixNano - tree.startUnixNano),
			name: event.name,
			attributes: event.attributes,
		})),
		links: span.links,
		flags: flagNames(tree.flags[row] as number),
		weight: span.weight,
	};
}

/** Columns of `tree.rowCount` entries each; strings go through dictionaries, so that 100,000 spans are a few megabytes. */
export function skeletonAnswer(tree: TraceTree, facts: TraceFacts): Skeleton {
	const services = new Dictionary();
	const names = new Dictionary();
	const of = <T>(read: (span: SpanCore | null, row: number) => T): T[] =>
		tree.spans.map((span, row) => read(span, row));
	return {
		...facts,
		columns: {
			spanId: tree.spanId,
			parent: [...tree.parent],
			depth: [...tree.depth],
			subtree: [...tree.subtree],
			service: of((span) => services.index(span?.service ?? "")),
			name: of((span) => names.index(span?.name ?? "")),
			kind: of((span) => (span === null ? 0 : SPAN_KINDS.indexOf(span.kind))),
			startNs: [...tree.startNs],
			durationNs: [...tree.durationsNs],
			selfNs: [...tree.selfNs],
			error: of((span) => (span?.statusCode === "error" ? 1 : 0)),
			flags: [...tree.flags],
			events: of((span) => span?.eventCount ?? 0),
			links: of((span) => span?.links.length ?? 0),
		},
		dictionary: { services: services.words, names: names.words, kinds: [...SPAN_KINDS], flags: [...SPAN_FLAGS] },
	};
}

class Dictionary {
	readonly words: string[] = [];
	readonly #index = new Map<string, number>();

	index(word: string): number {
		let index = this.#index.get(word);
		if (index === undefined) {
			index = this.words.push(word) - 1;
			this.#index.set(word, index);
		}
		return index;
	}
}
