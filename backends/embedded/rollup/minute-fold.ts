/** The topology of one minute: core's fold over the stored spans of its traces, a few thousand at a time, one fold per environment. */
import { SPAN_KINDS, type SpanCore, type SpanLink, STATUS_CODES } from "../../../core/model.ts";
import { foldTopology, mergeTopologies, type TopologyFold } from "../../../core/topology.ts";
import { hexColumn } from "../read/hex-column.ts";
import { statement } from "../read/statement-file.ts";
import type { Column, Database } from "../store/database.ts";

export const MINUTE_NS = 60_000_000_000n;
/** How far around the minute parents, children and linked spans are looked for. */
export const NEAR_NS = 120_000_000_000n;
/** Spans read at once; a minute with more is read in parts, by trace. */
const PART = 100_000;
/** Spans folded before other work gets its turn. */
const TURN = 2_000;

/** Folds by environment. */
export async function foldMinute(db: Database, minute: bigint, spans: number): Promise<Map<string, TopologyFold>> {
	const params = minuteWindow(minute);
	const near = db.from("spans", { fromUnixNano: params.near_from, toUnixNano: params.near_to });
	const own = db.from("spans", { fromUnixNano: params.from, toUnixNano: params.to });
	const { near_from, near_to } = params;
	const words = new Map<bigint, string>();
	for (const row of await db.all<{ id: bigint; word: string }>(statement(import.meta.url, "texts", { near }), {
		near_from,
		near_to,
	})) {
		words.set(row.id, row.word);
	}
	const folds = new Map<string, TopologyFold[]>();
	const parts = Math.max(1, Math.ceil(spans / PART));
	for (let part = 0; part < parts; part++) {
		const sql = statement(import.meta.url, "fold-spans", { near, spans: own });
		const { rows, columns } = await db.columns(sql, { ...params, parts: BigInt(parts), part: BigInt(part) });
		const ids = idsOf(columns);
		for (const turn of turns(rows, columns, ids)) {
			foldTurn(turn, columns, ids, words, params, folds);
			await new Promise<void>((resolve) => setImmediate(resolve));
		}
	}
	return new Map([...folds].map(([env, list]) => [env, mergeTopologies(list)]));
}

/** The bounds that the statements about a minute take. */
export function minuteWindow(minute: bigint): Record<"from" | "to" | "near_from" | "near_to", bigint> {
	const from = minute * MINUTE_NS;
	const to = from + MINUTE_NS;
	return { from, to, near_from: from - NEAR_NS, near_to: to + NEAR_NS };
}

type Columns = Record<string, Column>;

interface Ids {
	trace(i: number): string;
	span(i: number): string;
	parent(i: number): string;
}

const NO_PARENT = "0".repeat(16);

function idsOf(columns: Columns): Ids {
	const [hi, lo] = [hexColumn(columns.trace_hi!), hexColumn(columns.trace_lo!)];
	return { trace: (i) => hi(i) + lo(i), span: hexColumn(columns.span_id!), parent: hexColumn(columns.parent_id!) };
}

/** Rows to fold together: whole traces, and traces that a link joins in one turn. */
function turns(rows: number, columns: Columns, ids: Ids): number[][] {
	const { links } = columns as Record<string, never[]>;
	const groups: number[][] = [];
	const groupOf = new Map<string, number>();
	let group: number[] = [];
	let last = "";
	for (let i = 0; i < rows; i++) {
		const trace = ids.trace(i);
		if (trace !== last) {
			last = trace;
			group = [];
			groupOf.set(trace, groups.length);
			groups.push(group);
		}
		group.push(i);
	}
	// Union-find over the traces that links join.
	const leader = groups.map((_, i) => i);
	const find = (i: number): number => {
		let at = i;
		while (leader[at] !== at) {
			leader[at] = leader[leader[at]!]!;
			at = leader[at]!;
		}
		return at;
	};
	groups.forEach((members, from) => {
		for (const i of members) {
			if (links![i] == null) continue;
			for (const link of JSON.parse(links![i]!) as SpanLink[]) {
				const to = groupOf.get(link.traceId);
				if (to !== undefined) leader[find(from)] = find(to);
			}
		}
	});
	const joined = new Map<number, number[]>();
	groups.forEach((members, i) => {
		const head = find(i);
		const list = joined.get(head);
		if (list === undefined) joined.set(head, members);
		else for (const row of members) list.push(row);
	});
	const packed: number[][] = [];
	let turn: number[] = [];
	for (const members of joined.values()) {
		for (const row of members) turn.push(row);
		if (turn.length >= TURN) {
			packed.push(turn);
			turn = [];
		}
	}
	if (turn.length > 0) packed.push(turn);
	return packed;
}

function foldTurn(
	rows: readonly number[],
	columns: Columns,
	ids: Ids,
	words: ReadonlyMap<bigint, string>,
	{ from, to }: { from: bigint; to: bigint },
	folds: Map<string, TopologyFold[]>,
): void {
	const { start_ns, duration_ns, service, kind, status, peer, env, weight, arrival, links } = columns as Record<
		string,
		never[]
	>;
	const { own } = columns as Record<string, never[]>;
	/** Counted here: of the minute, and of this part. */
	const counted = (i: number) => own![i] === 1 && start_ns![i]! >= from && start_ns![i]! < to;
	const present = new Set<bigint>();
	const spans = rows.map((i): SpanCore => {
		const startUnixNano: bigint = start_ns![i]!;
		if (counted(i)) present.add(env![i]!);
		const parent = ids.parent(i);
		return {
			traceId: ids.trace(i),
			spanId: ids.span(i),
			parentSpanId: parent === NO_PARENT ? null : parent,
			service: words.get(service![i]!) ?? "",
			name: "",
			kind: SPAN_KINDS[kind![i]!] ?? "unspecified",
			startUnixNano,
			durationNs: Number(duration_ns![i]!),
			statusCode: STATUS_CODES[status![i]!] ?? "unset",
			route: null,
			peer: words.get(peer![i]!) ?? null,
			links: links![i] == null ? [] : (JSON.parse(links![i]!) as SpanLink[]),
			weight: weight![i]!,
			arrival: Number(arrival![i]!),
			eventCount: 0,
		};
	});
	for (const environment of present) {
		// All spans in sight are looked at, so that calls between environments and over the minute's edge are seen.
		const counting = new Set(spans.filter((_, n) => counted(rows[n]!) && env![rows[n]!] === environment));
		const fold = foldTopology(spans, { countOnly: (span) => counting.has(span) });
		const name = words.get(environment) ?? "";
		const list = folds.get(name);
		if (list === undefined) folds.set(name, [fold]);
		else if (list.length >= 32) folds.set(name, [mergeTopologies([...list, fold])]);
		else list.push(fold);
	}
}
