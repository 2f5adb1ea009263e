/** One pivot answer as the page works with it: the tree as arrays, lines placed beside it, every section with what it says about itself. */
import type { LogRecordAnswer, Pivot } from "../../../server/api/schema.ts";
import { SpanIndex } from "./span-key.ts";
import { placeLogs, type TraceLogs } from "./trace-logs.ts";
import { buildTraceTree, type TraceTree } from "./trace-tree.ts";

export type Section = Pick<Pivot["logs"], "status" | "reason" | "source" | "window" | "query">;
export type Facts = NonNullable<Pivot["trace"]["facts"]>;

export interface TraceModel {
	traceId: string;
	resolvedAs: Pivot["resolvedAs"];
	candidates: Pivot["candidates"];
	facts: Facts | null;
	traceSection: Section;
	tree: TraceTree;
	index: SpanIndex;
	/** What all times are counted from: the trace's start, or its first line's when no span is known. */
	startUnixNano: bigint;
	logsSection: Section;
	records: readonly LogRecordAnswer[];
	logsCursor: string | undefined;
	red: Pivot["red"];
	exemplars: Pivot["exemplars"];
	timings: Pivot["timings"];
}

const NO_SPANS: Omit<Facts, "traceId" | "startUnixNano"> = {
	durationNs: 0,
	spanCount: 0,
	errorCount: 0,
	depth: 0,
	orphans: 0,
	services: [],
	root: null,
	criticalPath: [],
	percentile: null,
	partial: false,
};

/** Never throws for one bad section: a tree that cannot be read becomes that section's error. */
export function readPivot(pivot: Pivot): TraceModel {
	const { skeleton, facts, ...traceSection } = pivot.trace;
	const firstLine = pivot.logs.records[0]?.timeUnixNano ?? "0";
	let section: Section = traceSection;
	let tree: TraceTree | null = null;
	if (skeleton) {
		try {
			tree = buildTraceTree(skeleton);
		} catch (error) {
			section = { ...traceSection, status: "error", reason: error instanceof Error ? error.message : String(error) };
		}
	}
	tree ??= emptyTree(pivot.traceId, facts?.startUnixNano ?? firstLine);
	return {
		traceId: pivot.traceId,
		resolvedAs: pivot.resolvedAs,
		candidates: pivot.candidates,
		facts,
		traceSection: section,
		tree,
		index: new SpanIndex(tree),
		startUnixNano: tree.startUnixNano,
		logsSection: sectionOf(pivot.logs),
		records: pivot.logs.records,
		logsCursor: pivot.logs.nextCursor,
		red: pivot.red,
		exemplars: pivot.exemplars,
		timings: pivot.timings,
	};
}

/** Lines of the first answer and of the pages loaded since, placed beside the tree; a line that came twice is kept once. */
export function placeAllLogs(model: TraceModel, more: readonly LogRecordAnswer[]): TraceLogs {
	if (more.length === 0) return placeLogs(model.tree, model.index, model.records, model.startUnixNano);
	const seen = new Set(model.records.map(identity));
	const fresh = more.filter((record) => {
		const key = identity(record);
		return seen.has(key) ? false : seen.add(key);
	});
	return placeLogs(model.tree, model.index, [...model.records, ...fresh], model.startUnixNano);
}

const identity = (record: LogRecordAnswer): string => `${record.timeUnixNano}/${record.sequence}/${record.service}`;

function sectionOf({ status, reason, source, window, query }: Section): Section {
	return { status, ...(reason === undefined ? {} : { reason }), source, window, query };
}

function emptyTree(traceId: string, startUnixNano: string): TraceTree {
	return buildTraceTree({
		...NO_SPANS,
		traceId,
		startUnixNano,
		dictionary: { services: [], names: [], kinds: [], flags: [] },
		columns: {
			spanId: [],
			parent: [],
			depth: [],
			subtree: [],
			service: [],
			name: [],
			kind: [],
			startNs: [],
			durationNs: [],
			selfNs: [],
			error: [],
			flags: [],
			events: [],
			links: [],
		},
	});
}
