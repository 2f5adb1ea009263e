/** What one minute came to, as rows of the roll-up tables, and the keys that stand for texts in them. */
import { createHash } from "node:crypto";
import { traceIdWords } from "../../../core/ids.ts";
import type { TopologyFold } from "../../../core/topology.ts";
import type { Column, Transaction } from "../store/database.ts";

export interface Key {
	env: string;
	first: string;
	second: string | null;
	kind: string | null;
}

/** Content hash of a key: the same texts have the same number for ever. */
export function keyId({ env, first, second, kind }: Key): bigint {
	const digest = createHash("sha256")
		.update(JSON.stringify([env, first, second, kind]))
		.digest();
	return digest.readBigUInt64BE(0);
}

/** Columns that grow row by row. */
class Rows {
	readonly columns: (string | number | bigint | boolean | null)[][];
	rows = 0;

	constructor(width: number) {
		this.columns = Array.from({ length: width }, () => []);
	}

	add(...values: (string | number | bigint | boolean | null)[]): void {
		for (let i = 0; i < values.length; i++) this.columns[i]!.push(values[i]!);
		this.rows++;
	}
}

export interface RedRow {
	service: string;
	route: string;
	env: string;
	bucket: number;
	calls: number;
	errors: number;
	sum_ns: number;
}

export interface SeenRow {
	service: string;
	env: string;
	spans: number;
	last_ns: bigint;
	version: string | null;
}

/** Tables of one level that hold a minute's rows; each has a column `minute`. */
export const TABLES = ["red", "seen", "nodes", "edges", "latency", "samples", "rounds", "coverage"] as const;
export type RollupTable = (typeof TABLES)[number];

/** The rows of one minute, ready to be written. */
export class MinuteRows {
	private readonly minute: bigint;
	private readonly keys = new Map<bigint, Key>();
	private readonly tables: Record<RollupTable, Rows> = {
		red: new Rows(6),
		seen: new Rows(5),
		nodes: new Rows(4),
		edges: new Rows(8),
		latency: new Rows(4),
		samples: new Rows(6),
		rounds: new Rows(4),
		coverage: new Rows(8),
	};
	private last: { text: string; id: bigint } | null = null;

	constructor(minute: bigint) {
		this.minute = minute;
	}

	private key(key: Key): bigint {
		const text = JSON.stringify([key.env, key.first, key.second, key.kind]);
		if (this.last?.text === text) return this.last.id;
		const id = keyId(key);
		this.keys.set(id, key);
		this.last = { text, id };
		return id;
	}

	addRed(rows: readonly RedRow[]): void {
		for (const { service, route, env, bucket, calls, errors, sum_ns } of rows) {
			const key = this.key({ env, first: service, second: route, kind: null });
			this.tables.red.add(this.minute, key, bucket, calls, errors, sum_ns);
		}
	}

	addSeen(rows: readonly SeenRow[]): void {
		for (const { service, env, spans, last_ns, version } of rows) {
			this.tables.seen.add(
				this.minute,
				this.key({ env, first: service, second: null, kind: null }),
				spans,
				last_ns,
				version,
			);
		}
	}

	addTopology(env: string, fold: TopologyFold): void {
		const { minute, tables } = this;
		for (const node of fold.nodes) {
			const key = this.key({ env, first: node.id, second: null, kind: "node" });
			tables.nodes.add(minute, key, node.spans, node.errors);
		}
		for (const edge of fold.edges) {
			const key = this.key({ env, first: edge.caller, second: edge.callee, kind: edge.kind });
			const { count, sum, min, max, zeros, index, counts } = edge.latency;
			tables.edges.add(minute, key, edge.calls, edge.errors, count, sum, min, max);
			if (zeros > 0) tables.latency.add(minute, key, -1, zeros);
			for (let i = 0; i < index.length; i++) tables.latency.add(minute, key, index[i]!, counts[i]!);
			for (const sample of edge.samples) {
				const { hi, lo } = traceIdWords(sample.traceId);
				tables.samples.add(minute, key, hi, lo, sample.failed, sample.durationNs);
			}
		}
		for (const round of fold.traceCycles) {
			tables.rounds.add(minute, env, JSON.stringify(round.path), round.traceId);
		}
		const { spans, meanWeight, paired, unmatchedClients, unmatchedProducers, orphans } = fold.coverage;
		tables.coverage.add(minute, env, spans, spans * meanWeight, paired, unmatchedClients, unmatchedProducers, orphans);
	}

	/** Puts the minute in place of what was there. `known` are keys that the store has; returns those it has then. */
	async write(tx: Transaction, known: ReadonlySet<bigint>): Promise<bigint[]> {
		const fresh = [...this.keys].filter(([id]) => !known.has(id));
		if (fresh.length > 0) {
			const columns: Column[] = [
				BigUint64Array.from(fresh, ([id]) => id),
				fresh.map(([, key]) => key.env),
				fresh.map(([, key]) => key.first),
				fresh.map(([, key]) => key.second),
				fresh.map(([, key]) => key.kind),
			];
			await tx.append("rollup_keys", columns, fresh.length);
		}
		for (const table of TABLES) {
			await tx.run(`delete from ${table}_1m where minute = $1`, [this.minute]);
			const { columns, rows } = this.tables[table];
			if (rows > 0) await tx.append(`${table}_1m`, columns as Column[], rows);
		}
		return fresh.map(([id]) => id);
	}
}
