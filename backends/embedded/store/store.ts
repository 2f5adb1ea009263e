/** The one DuckDB instance: opens the file, loads batches in transactions, answers queries on connections of their own. */
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { Signal, TimeWindow } from "../../../core/model.ts";
import type { Retention } from "../settings.ts";
import { toRows } from "./answer.ts";
import type { Batch } from "./batch.ts";
import { Connections } from "./connections.ts";
import type { Column, Database, SqlParams, Transaction } from "./database.ts";
import { Dictionaries } from "./dictionaries.ts";
import { dropSegment, type Erased, eraseEnvironment } from "./erase.ts";
import { type JournalPosition, loadBatches } from "./load.ts";
import { expiredSegments, leastWanted } from "./retention.ts";
import { ROW_GROUP_ROWS } from "./row-groups.ts";
import { type Segment, type SegmentTable, segmentTable } from "./segment.ts";
import { sqlFile } from "./sql-file.ts";
import { query, rowsOf } from "./statement.ts";
import { ARRIVAL_COLUMN, TraceFilters, type TraceTable } from "./trace-filters.ts";
import { transact } from "./transaction.ts";

export interface StoreStatus {
	/** Items since the store was made. */
	stored: Record<Signal, number>;
	usedBytes: number;
	segments: number;
	/** One sentence when something is not as it should be. */
	problem: string | null;
	/** Oldest and newest time held; null when nothing is. */
	window: TimeWindow | null;
}

export interface StoreOptions {
	/** Path of the DuckDB file, made when missing; `:memory:` for a store that does not outlive the process. */
	file: string;
	memoryMb: number;
	threads: number;
	/** Queries that may run at the same time; more wait. */
	readers: number;
	/** null keeps everything. */
	retention: Retention | null;
}

/** DuckDB reads older files, not newer ones: a later DuckDB must not write what this one cannot read. */
const STORAGE_VERSION = "v1.5.0";
const MEMORY = ":memory:";
/** The attached file: row groups have a size of their own only there. */
const CATALOG = "trivet";
const TRACE_TABLES = Object.keys(ARRIVAL_COLUMN) as TraceTable[];
const MIB = 1024 * 1024;
/** Queries may be under way to tables that are about to be dropped. */
const DROP_GRACE_MS = 1_000;

export class Store implements Database {
	private readonly options: StoreOptions;
	private readonly instance: DuckDBInstance;
	private readonly writer: DuckDBConnection;
	private readonly readers: Connections;
	private readonly dictionaries = new Dictionaries();
	/** The end of the line of writers. */
	private writing: Promise<unknown> = Promise.resolve();
	private known: readonly Segment[] = [];
	private arrival = 0n;
	private traces = new TraceFilters(0n);
	private loadedTo: JournalPosition = { file: 0n, position: 0n };
	private rollupProblem: string | null = null;
	private sizeProblem: string | null = null;

	private constructor(
		options: StoreOptions,
		instance: DuckDBInstance,
		writer: DuckDBConnection,
		readers: DuckDBConnection[],
	) {
		this.options = options;
		this.instance = instance;
		this.writer = writer;
		this.readers = new Connections(readers);
	}

	static async open(options: StoreOptions): Promise<Store> {
		const instance = await DuckDBInstance.create(":memory:", {
			memory_limit: `${options.memoryMb}MB`,
			threads: String(options.threads),
			temp_directory: options.file === MEMORY ? "" : `${options.file}.tmp`,
			// Each checkpoint writes the last, incomplete row group again: at DuckDB's 16 MB loading costs a third more.
			checkpoint_threshold: "64MB",
			// Nothing is fetched, whatever SQL comes along.
			autoinstall_known_extensions: "false",
			autoload_known_extensions: "false",
		});
		try {
			const [writer, ...readers] = await Promise.all(
				Array.from({ length: options.readers + 1 }, () => instance.connect()),
			);
			if (writer === undefined) throw new Error("a store needs a connection");
			await attach(writer, options.file);
			for (const connection of [writer, ...readers]) await connection.run(`use ${CATALOG}`);
			const store = new Store(options, instance, writer, readers);
			await store.prepare();
			return store;
		} catch (error) {
			instance.closeSync();
			throw error;
		}
	}

	/** What of the journal is in the store. */
	get journalPosition(): JournalPosition {
		return this.loadedTo;
	}

	private async prepare(): Promise<void> {
		const [made] = await rowsOf<{ n: bigint }>(
			this.writer,
			"select count(*) n from duckdb_tables() where database_name = current_database() and table_name = 'segments'",
		);
		if (made?.n === 0n) {
			await transact(this.writer, async (tx) => {
				await tx.run(sqlFile("schema.sql"));
				// Empty tables that stand for "no segment" in queries.
				await tx.run(sqlFile("segment.sql").replaceAll("{segment}", "none"));
			});
		}
		const [position] = await rowsOf<JournalPosition & { arrival: bigint }>(
			this.writer,
			"select file, position, arrival from journal_position",
		);
		if (position === undefined) throw new Error("the store has no journal position: erase the data directory");
		this.loadedTo = { file: position.file, position: position.position };
		this.arrival = position.arrival;
		this.traces = new TraceFilters(this.arrival);
		const segments = await rowsOf<SegmentRow>(this.writer, "select * from segments order by hour, keep");
		this.known = segments.map(readSegment);
		await this.readDictionaries();
	}

	private async readDictionaries(): Promise<void> {
		const resources = await rowsOf<{ id: bigint }>(this.writer, "select id from resources");
		const series = await rowsOf<{ id: bigint }>(this.writer, "select id from series");
		this.dictionaries.set(
			resources.map((row) => row.id),
			series.map((row) => row.id),
		);
	}

	segments(): readonly Segment[] {
		return this.known;
	}

	from(table: SegmentTable, window: TimeWindow | null): string {
		const parts = this.known
			.filter((segment) => window === null || overlaps(segment, window))
			.map((segment) => `select * from ${segmentTable(table, segment.segment)}`);
		return parts.length === 0 ? `${table}_none` : `(${parts.join(" union all ")})`;
	}

	fromTrace(table: TraceTable, traceLo: bigint): string {
		const ranges = this.traces.ranges(traceLo);
		const all = this.from(table, null);
		const column = ARRIVAL_COLUMN[table];
		const parts = ranges.map(({ from, to }) => `select * from ${all} where ${column} between ${from} and ${to}`);
		return parts.length === 0 ? `${table}_none` : `(${parts.join(" union all ")})`;
	}

	/** Reads, after a start, which traces lie where, a stretch at a time; look-ups get faster meanwhile. */
	async learnTraces(stopped: () => boolean): Promise<void> {
		for (let range = this.traces.nextUnknown(); range !== null && !stopped(); range = this.traces.nextUnknown()) {
			const { from, to } = range;
			const parts = TRACE_TABLES.map(
				(table) =>
					`select trace_lo from ${this.from(table, null)} where ${ARRIVAL_COLUMN[table]} between ${from} and ${to} and trace_lo is not null`,
			);
			const { columns } = await this.columns(`select distinct trace_lo from (${parts.join(" union all ")})`);
			this.traces.learned(from, BigUint64Array.from(columns.trace_lo as BigUint64Array));
		}
	}

	async all<T>(sql: string, params?: SqlParams, signal?: AbortSignal): Promise<T[]> {
		return toRows<T>(await this.columns(sql, params, signal));
	}

	columns(
		sql: string,
		params?: SqlParams,
		signal?: AbortSignal,
	): Promise<{ rows: number; columns: Record<string, Column> }> {
		return this.readers.use((connection) => query(connection, sql, params), signal);
	}

	write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
		return this.inLine(() => transact(this.writer, work));
	}

	/** Loads batches, in order, in one transaction that also stores how far the journal is loaded. */
	load(batches: readonly Batch[], position: JournalPosition): Promise<void> {
		return this.inLine(async () => {
			const newRows = this.dictionaries.newOf(batches);
			const state = { segments: this.known, arrival: this.arrival };
			const after = await loadBatches(this.writer, state, batches, newRows, position);
			this.dictionaries.commit(newRows);
			this.known = after.segments;
			this.arrival = after.arrival;
			this.loadedTo = position;
			for (const batch of batches) {
				for (const table of TRACE_TABLES) {
					const rows = batch.tables[table];
					const ids = rows?.columns.trace_lo;
					if (rows && ids?.kind === "fixed") this.traces.loaded(ids.data as BigUint64Array, ids.valid, rows.rows);
				}
			}
			this.traces.ended(after.arrival);
		});
	}

	/** Erases everything of one environment, wherever it lies. */
	erase(environment: string): Promise<Erased> {
		return this.inLine(async () => {
			const { erased, segments } = await transact(this.writer, (tx) => eraseEnvironment(tx, this.known, environment));
			this.known = segments;
			return erased;
		});
	}

	/** Drops what is too old or too much; resolves with the number of segments dropped. */
	async retain(nowMs: number): Promise<number> {
		const { retention } = this.options;
		if (retention === null) return 0;
		let dropped = await this.drop(expiredSegments(this.known, nowMs, retention));
		this.sizeProblem = null;
		while ((await this.usedBytes()) > retention.sizeMb * MIB) {
			const segment = leastWanted(this.known, nowMs);
			if (segment === null) {
				this.sizeProblem = `the newest hour alone is larger than the ${retention.sizeMb} MB that may be kept`;
				break;
			}
			dropped += await this.drop([segment]);
		}
		return dropped;
	}

	private async drop(segments: readonly Segment[]): Promise<number> {
		if (segments.length === 0) return 0;
		const names = new Set(segments.map((segment) => segment.segment));
		// New queries do not see them from here on; those under way may still.
		this.known = this.known.filter((segment) => !names.has(segment.segment));
		await new Promise((resolve) => setTimeout(resolve, DROP_GRACE_MS));
		await this.readers.quiesce();
		await this.inLine(async () => {
			await transact(this.writer, async (tx) => {
				for (const segment of segments) await dropSegment(tx, segment);
				await tx.run(`delete from series where id not in (${this.usedBy("series", ["points", "exemplars"])})`);
				await tx.run(
					`delete from resources where id not in (${this.usedBy("resource", ["spans", "logs"])} union select resource from series)`,
				);
			});
			await this.readDictionaries();
			// Gives the blocks back to the file; refused while a query still reads, then the next one does it.
			await this.writer.run("checkpoint").catch(() => {});
		});
		return segments.length;
	}

	private usedBy(column: string, tables: readonly SegmentTable[]): string {
		return tables.map((table) => `select ${column} from ${this.from(table, null)}`).join(" union ");
	}

	private async usedBytes(): Promise<number> {
		const [size] = await this.all<{ bytes: bigint }>(
			"select (total_blocks - free_blocks) * block_size as bytes from pragma_database_size() where database_name = current_database()",
		);
		return Number(size?.bytes ?? 0);
	}

	/** What the last roll-up failed with; null when it did not. */
	noteRollup(problem: string | null): void {
		this.rollupProblem = problem;
	}

	async status(): Promise<StoreStatus> {
		const stored = await this.all<{ signal: Signal; items: bigint }>("select signal, items from stored");
		return {
			stored: Object.fromEntries(stored.map(({ signal, items }) => [signal, Number(items)])) as Record<Signal, number>,
			usedBytes: await this.usedBytes(),
			segments: this.known.length,
			problem: this.rollupProblem ?? this.sizeProblem,
			window: windowOf(this.known),
		};
	}

	private inLine<T>(work: () => Promise<T>): Promise<T> {
		const result = this.writing.then(work);
		this.writing = result.catch(() => {});
		return result;
	}

	/** Waits for the writer and the queries, then closes the file cleanly. */
	async close(): Promise<void> {
		await this.readers.quiesce();
		await this.inLine(async () => {
			this.readers.close();
			this.writer.closeSync();
			this.instance.closeSync();
		});
	}
}

/** Attaches the file, and locks every other one away. */
async function attach(connection: DuckDBConnection, file: string): Promise<void> {
	await connection.run(
		`attach '${file.replaceAll("'", "''")}' as ${CATALOG} (storage_version '${STORAGE_VERSION}', row_group_size ${ROW_GROUP_ROWS})`,
	);
	await connection.run("set enable_external_access = false");
}

function overlaps({ fromNs, toNs }: Segment, window: TimeWindow): boolean {
	return fromNs !== null && toNs !== null && fromNs < window.toUnixNano && toNs >= window.fromUnixNano;
}

function windowOf(segments: readonly Segment[]): TimeWindow | null {
	let window: TimeWindow | null = null;
	for (const { fromNs, toNs } of segments) {
		if (fromNs === null || toNs === null) continue;
		window ??= { fromUnixNano: fromNs, toUnixNano: toNs + 1n };
		if (fromNs < window.fromUnixNano) window.fromUnixNano = fromNs;
		if (toNs >= window.toUnixNano) window.toUnixNano = toNs + 1n;
	}
	return window;
}

interface SegmentRow {
	segment: string;
	hour: number;
	keep: boolean;
	schema_version: number;
	spans: bigint;
	logs: bigint;
	points: bigint;
	from_ns: bigint | null;
	to_ns: bigint | null;
}

function readSegment(row: SegmentRow): Segment {
	return {
		segment: row.segment,
		hour: row.hour,
		keep: row.keep,
		schemaVersion: row.schema_version,
		spans: Number(row.spans),
		logs: Number(row.logs),
		points: Number(row.points),
		fromNs: row.from_ns,
		toNs: row.to_ns,
	};
}
