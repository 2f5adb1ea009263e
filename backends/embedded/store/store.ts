/** The one DuckDB instance: opens the file, loads batches in transactions, answers queries on connections of their own. */
import { readFileSync } from "node:fs";
import { type DuckDBConnection, DuckDBInstance, DuckDBTypeId } from "@duckdb/node-api";
import type { Signal, TimeWindow } from "../../../core/model.ts";
import type { Retention } from "../settings.ts";
import { toRows } from "./answer.ts";
import { TableAppender } from "./append.ts";
import { type Batch, type ColumnData, itemCount, type ResourceRow, type SeriesRow, type TableRows } from "./batch.ts";
import { NumberColumn, SymbolColumn, Symbols } from "./columns.ts";
import type { Column, Database, SqlParams, SqlValue, Transaction } from "./database.ts";
import {
	SEGMENT_SCHEMA_VERSION,
	SEGMENT_TABLES,
	type Segment,
	type SegmentTable,
	segmentName,
	segmentTable,
} from "./segment.ts";
import { execute, query, rowsOf } from "./statement.ts";

/** Where the journal stands after a load. */
export interface JournalPosition {
	file: bigint;
	position: bigint;
}

export interface StoreStatus {
	/** Items since the store was made. */
	stored: Record<Signal, number>;
	usedBytes: number;
	segments: number;
	rollupError: string | null;
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
	retention: Retention | null;
}

/** DuckDB reads older files, not newer ones: a later DuckDB must not write what this one cannot read. */
const STORAGE_VERSION = "v1.5.0";
const sqlFile = (name: string) => readFileSync(new URL(`./sql/${name}`, import.meta.url), "utf8");

export class Store implements Database {
	private readonly instance: DuckDBInstance;
	private readonly writer: DuckDBConnection;
	private readonly idle: DuckDBConnection[];
	private readonly waiting: ((connection: DuckDBConnection) => void)[] = [];
	/** The end of the line of writers. */
	private writing: Promise<unknown> = Promise.resolve();
	private known: Segment[] = [];
	private readonly resources = new Set<bigint>();
	private readonly series = new Set<bigint>();
	private rollupError: string | null = null;
	private lastArrival = 0n;
	private loadedTo: JournalPosition = { file: 0n, position: 0n };

	private constructor(instance: DuckDBInstance, writer: DuckDBConnection, readers: DuckDBConnection[]) {
		this.instance = instance;
		this.writer = writer;
		this.idle = readers;
	}

	static async open(options: StoreOptions): Promise<Store> {
		const instance = await DuckDBInstance.create(options.file, {
			memory_limit: `${options.memoryMb}MB`,
			threads: String(options.threads),
			storage_compatibility_version: STORAGE_VERSION,
			// Nothing is fetched and no other file is touched, whatever SQL comes along.
			autoinstall_known_extensions: "false",
			autoload_known_extensions: "false",
			enable_external_access: "false",
		});
		const writer = await instance.connect();
		const readers = await Promise.all(Array.from({ length: options.readers }, () => instance.connect()));
		const store = new Store(instance, writer, readers);
		await store.prepare();
		return store;
	}

	/** What of the journal is in the store. */
	get journalPosition(): JournalPosition {
		return this.loadedTo;
	}

	/** The number the last row got. */
	get arrival(): bigint {
		return this.lastArrival;
	}

	private async prepare(): Promise<void> {
		const tables = await rowsOf<{ n: bigint }>(
			this.writer,
			"select count(*) n from duckdb_tables() where table_name = 'segments'",
		);
		if (tables[0]?.n === 0n) {
			await this.writer.run("begin");
			await this.writer.run(sqlFile("schema.sql"));
			// Empty tables that stand for "no segment" in queries.
			await this.writer.run(sqlFile("segment.sql").replaceAll("{segment}", "none"));
			await this.writer.run("commit");
		}
		const positions = await rowsOf<{ file: bigint; position: bigint; arrival: bigint }>(
			this.writer,
			"select file, position, arrival from journal_position",
		);
		const position = positions[0];
		if (position === undefined) throw new Error("the store has no journal position: erase the data directory");
		this.loadedTo = { file: position.file, position: position.position };
		this.lastArrival = position.arrival;
		this.known = (await rowsOf<SegmentRow>(this.writer, "select * from segments order by hour, keep")).map(readSegment);
		for (const { id } of await rowsOf<{ id: bigint }>(this.writer, "select id from resources")) this.resources.add(id);
		for (const { id } of await rowsOf<{ id: bigint }>(this.writer, "select id from series")) this.series.add(id);
	}

	segments(): Segment[] {
		return this.known;
	}

	from(table: SegmentTable, window: TimeWindow | null): string {
		const parts = this.known
			.filter(
				(segment) =>
					window === null ||
					(segment.fromNs !== null &&
						segment.toNs !== null &&
						segment.fromNs < window.toUnixNano &&
						segment.toNs >= window.fromUnixNano),
			)
			.map((segment) => `select * from ${segmentTable(table, segment.segment)}`);
		return parts.length === 0 ? `${table}_none` : `(${parts.join(" union all ")})`;
	}

	async all<T>(sql: string, params?: SqlParams, signal?: AbortSignal): Promise<T[]> {
		return toRows<T>(await this.columns(sql, params, signal));
	}

	async columns(
		sql: string,
		params?: SqlParams,
		signal?: AbortSignal,
	): Promise<{ rows: number; columns: Record<string, Column> }> {
		signal?.throwIfAborted();
		const connection =
			this.idle.pop() ?? (await new Promise<DuckDBConnection>((resolve) => this.waiting.push(resolve)));
		const interrupt = () => connection.interrupt();
		try {
			signal?.throwIfAborted();
			signal?.addEventListener("abort", interrupt, { once: true });
			return await query(connection, sql, params);
		} catch (error) {
			signal?.throwIfAborted();
			throw error;
		} finally {
			signal?.removeEventListener("abort", interrupt);
			const next = this.waiting.shift();
			if (next) next(connection);
			else this.idle.push(connection);
		}
	}

	write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
		return this.inLine(async () => {
			await this.writer.run("begin");
			try {
				const result = await work(this.transaction());
				await this.writer.run("commit");
				return result;
			} catch (error) {
				await this.writer.run("rollback").catch(() => {});
				throw error;
			}
		});
	}

	private transaction(): Transaction {
		return {
			run: async (sql, params) => (await execute(this.writer, sql, params)).rowsChanged,
			all: async (sql, params) => toRows(await query(this.writer, sql, params)),
			append: async (table, columns, rows) => {
				const appender = await this.writer.createAppender(table);
				const rowsOfTable = new TableAppender(appender);
				rowsOfTable.append(
					columns.map((column, i) => toColumnData(column, appender.columnType(i).typeId)),
					rows,
				);
				rowsOfTable.end();
				appender.closeSync();
			},
		};
	}

	/** Loads batches, in order, in one transaction that also stores how far the journal is loaded. */
	load(batches: readonly Batch[], position: JournalPosition): Promise<void> {
		return this.inLine(async () => {
			const segments = new Map(this.known.map((segment) => [segment.segment, { ...segment }]));
			const resources = new Map<bigint, ResourceRow>();
			const series = new Map<bigint, SeriesRow>();
			let arrival = this.lastArrival;
			await this.writer.run("begin");
			try {
				const appenders = new Map<
					string,
					{ appender: Awaited<ReturnType<DuckDBConnection["createAppender"]>>; rows: TableAppender }
				>();
				const minutes = new Set<bigint>();
				const stored = { traces: 0, logs: 0, metrics: 0 };
				for (const batch of batches) {
					const name = segmentName(batch.receivedMs, batch.keep);
					let segment = segments.get(name);
					if (segment === undefined) {
						segment = await this.addSegment(name, batch);
						segments.set(name, segment);
					}
					for (const table of SEGMENT_TABLES) {
						const rows = batch.tables[table];
						if (rows === undefined || rows.rows === 0) continue;
						const target = segmentTable(table, name);
						let open = appenders.get(target);
						if (open === undefined) {
							const appender = await this.writer.createAppender(target);
							open = { appender, rows: new TableAppender(appender) };
							appenders.set(target, open);
						}
						open.rows.append(inTableOrder(table, rows, arrival), rows.rows);
						arrival += BigInt(rows.rows);
					}
					for (const row of batch.resources) if (!this.resources.has(row.id)) resources.set(row.id, row);
					for (const row of batch.series) if (!this.series.has(row.id)) series.set(row.id, row);
					for (const minute of batch.minutes) minutes.add(minute);
					stored[batch.signal] += itemCount(batch);
					count(segment, batch);
				}
				for (const { appender, rows } of appenders.values()) {
					rows.end();
					appender.closeSync();
				}
				await this.writeBooks({ segments, resources, series, minutes, stored, arrival, position });
				await this.writer.run("commit");
			} catch (error) {
				await this.writer.run("rollback").catch(() => {});
				throw error;
			}
			for (const id of resources.keys()) this.resources.add(id);
			for (const id of series.keys()) this.series.add(id);
			this.known = [...segments.values()].sort((a, b) => a.hour - b.hour || Number(a.keep) - Number(b.keep));
			this.lastArrival = arrival;
			this.loadedTo = position;
		});
	}

	/** Everything a load writes beside the rows themselves. */
	private async writeBooks(books: {
		segments: Map<string, Segment>;
		resources: Map<bigint, ResourceRow>;
		series: Map<bigint, SeriesRow>;
		minutes: Set<bigint>;
		stored: Record<string, number>;
		arrival: bigint;
		position: JournalPosition;
	}): Promise<void> {
		const before = new Map(this.known.map((segment) => [segment.segment, segment]));
		for (const segment of books.segments.values()) {
			const old = before.get(segment.segment);
			if (old && old.spans === segment.spans && old.logs === segment.logs && old.points === segment.points) continue;
			await execute(
				this.writer,
				"update segments set spans = $1, logs = $2, points = $3, from_ns = $4, to_ns = $5 where segment = $6",
				[segment.spans, segment.logs, segment.points, segment.fromNs, segment.toNs, segment.segment],
			);
		}
		const tx = this.transaction();
		if (books.resources.size > 0) await appendResources(tx, [...books.resources.values()]);
		if (books.series.size > 0) await appendSeries(tx, [...books.series.values()]);
		if (books.minutes.size > 0) {
			const minutes = BigInt64Array.from(books.minutes);
			await tx.append(
				"dirty_minutes",
				[minutes, new BigUint64Array(minutes.length).fill(books.arrival)],
				minutes.length,
			);
		}
		for (const [signal, items] of Object.entries(books.stored)) {
			if (items > 0)
				await execute(this.writer, "update stored set items = items + $1 where signal = $2", [items, signal]);
		}
		await execute(this.writer, "update journal_position set file = $1, position = $2, arrival = $3", [
			books.position.file,
			books.position.position,
			books.arrival,
		]);
	}

	private async addSegment(name: string, batch: Batch): Promise<Segment> {
		const hour = Number(name.slice(1));
		segmentTable("spans", name);
		await this.writer.run(sqlFile("segment.sql").replaceAll("{segment}", name));
		await execute(this.writer, "insert into segments values ($1, $2, $3, $4, 0, 0, 0, null, null)", [
			name,
			hour,
			batch.keep,
			SEGMENT_SCHEMA_VERSION,
		]);
		return {
			segment: name,
			hour,
			keep: batch.keep,
			schemaVersion: SEGMENT_SCHEMA_VERSION,
			spans: 0,
			logs: 0,
			points: 0,
			fromNs: null,
			toNs: null,
		};
	}

	private inLine<T>(work: () => Promise<T>): Promise<T> {
		const result = this.writing.then(work);
		this.writing = result.catch(() => {});
		return result;
	}

	/** What the last roll-up failed with; null when it did not. */
	noteRollup(error: string | null): void {
		this.rollupError = error;
	}

	/** Numbers for people and for `status()`. */
	async status(): Promise<StoreStatus> {
		const stored = await this.all<{ signal: Signal; items: bigint }>("select signal, items from stored");
		const [size] = await this.all<{ bytes: bigint }>(
			"select (total_blocks - free_blocks) * block_size as bytes from pragma_database_size()",
		);
		return {
			stored: Object.fromEntries(stored.map(({ signal, items }) => [signal, Number(items)])) as Record<Signal, number>,
			usedBytes: Number(size?.bytes ?? 0),
			segments: this.known.length,
			rollupError: this.rollupError,
			window: windowOf(this.known),
		};
	}

	/** Erases everything of one environment, wherever it lies. */
	erase(environment: string): Promise<{ spans: number; logs: number; points: number }> {
		return this.write(async (tx) => {
			const erased = { spans: 0, logs: 0, points: 0 };
			for (const { segment } of this.known) {
				for (const table of ["spans", "logs"] as const) {
					erased[table] += await tx.run(`delete from ${segmentTable(table, segment)} where env = $1`, [environment]);
				}
				const bySeries = (table: SegmentTable) =>
					`delete from ${segmentTable(table, segment)} where series in (select id from series where env = $1)`;
				erased.points += await tx.run(bySeries("points"), [environment]);
				await tx.run(bySeries("exemplars"), [environment]);
			}
			return erased;
		});
	}

	/** Waits for the writer, then closes the file cleanly. */
	async close(): Promise<void> {
		await this.inLine(async () => {
			for (const connection of this.idle) connection.closeSync();
			this.writer.closeSync();
			this.instance.closeSync();
		});
	}
}

function windowOf(segments: readonly Segment[]): TimeWindow | null {
	let window: TimeWindow | null = null;
	for (const { fromNs, toNs } of segments) {
		if (fromNs === null || toNs === null) continue;
		if (window === null) window = { fromUnixNano: fromNs, toUnixNano: toNs + 1n };
		else {
			if (fromNs < window.fromUnixNano) window.fromUnixNano = fromNs;
			if (toNs >= window.toUnixNano) window.toUnixNano = toNs + 1n;
		}
	}
	return window;
}

const COLUMNS: Record<SegmentTable, readonly string[]> = columnsOfTables();

/** Column names by table, from segment.sql, so that the order is written down once. */
function columnsOfTables(): Record<SegmentTable, readonly string[]> {
	const columns: Partial<Record<SegmentTable, string[]>> = {};
	for (const [, table, body] of sqlFile("segment.sql").matchAll(/create table (\w+)_\{segment\} \(([\s\S]*?)\n\);/g)) {
		columns[table as SegmentTable] = [...body!.matchAll(/^\t(\w+)/gm)].map((match) => match[1]!);
	}
	return columns as Record<SegmentTable, string[]>;
}

function inTableOrder(table: SegmentTable, rows: TableRows, after: bigint): ColumnData[] {
	return COLUMNS[table].map((name) => {
		if (name === "arrival" || name === "sequence") {
			const data = new BigUint64Array(rows.rows);
			for (let i = 0; i < data.length; i++) data[i] = after + BigInt(i + 1);
			return { kind: "fixed", data, valid: null };
		}
		const column = rows.columns[name];
		if (column === undefined) throw new Error(`a batch for ${table} lacks the column ${name}`);
		return column;
	});
}

function count(segment: Segment, batch: Batch): void {
	segment.spans += batch.tables.spans?.rows ?? 0;
	segment.logs += batch.tables.logs?.rows ?? 0;
	segment.points += batch.tables.points?.rows ?? 0;
	if (batch.fromNs !== null && (segment.fromNs === null || batch.fromNs < segment.fromNs))
		segment.fromNs = batch.fromNs;
	if (batch.toNs !== null && (segment.toNs === null || batch.toNs > segment.toNs)) segment.toNs = batch.toNs;
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

function appendResources(tx: Transaction, rows: ResourceRow[]): Promise<void> {
	const columns: Column[] = [
		BigUint64Array.from(rows, (row) => row.id),
		rows.map((row) => row.service),
		rows.map((row) => row.env),
		rows.map((row) => row.version),
		rows.map((row) => row.attributes),
		rows.map((row) => row.scopeName),
		rows.map((row) => row.scopeVersion),
	];
	return tx.append("resources", columns, rows.length);
}

function appendSeries(tx: Transaction, rows: SeriesRow[]): Promise<void> {
	const columns: Column[] = [
		BigUint64Array.from(rows, (row) => row.id),
		rows.map((row) => row.metric),
		rows.map((row) => row.type),
		rows.map((row) => row.unit),
		rows.map((row) => row.description),
		rows.map((row) => row.temporality),
		rows.map((row) => row.monotonic),
		rows.map((row) => row.service),
		rows.map((row) => row.env),
		rows.map((row) => row.route),
		rows.map((row) => row.attributes),
		BigUint64Array.from(rows, (row) => row.resource),
	];
	return tx.append("series", columns, rows.length);
}

const FIXED: Partial<Record<DuckDBTypeId, new (length: number) => { [index: number]: unknown } & ArrayBufferView>> = {
	[DuckDBTypeId.BIGINT]: BigInt64Array,
	[DuckDBTypeId.UBIGINT]: BigUint64Array,
	[DuckDBTypeId.DOUBLE]: Float64Array,
	[DuckDBTypeId.INTEGER]: Int32Array,
	[DuckDBTypeId.UINTEGER]: Uint32Array,
	[DuckDBTypeId.USMALLINT]: Uint16Array,
	[DuckDBTypeId.UTINYINT]: Uint8Array,
	[DuckDBTypeId.BOOLEAN]: Uint8Array,
};

/** Any column a caller has, as the appender takes it. */
function toColumnData(column: Column, type: DuckDBTypeId): ColumnData {
	if (type === DuckDBTypeId.VARCHAR) {
		const texts = new SymbolColumn(new Symbols(), column.length);
		for (const value of column) texts.push(value === null ? null : String(value));
		return texts.finish();
	}
	const fixed = FIXED[type];
	if (fixed === undefined) throw new Error(`cannot append to a column of type ${DuckDBTypeId[type]}`);
	if (column instanceof fixed) return { kind: "fixed", data: column as never, valid: null };
	const big = type === DuckDBTypeId.BIGINT || type === DuckDBTypeId.UBIGINT;
	const data = new fixed(column.length);
	const valid = new NumberColumn("u8", column.length);
	for (let i = 0; i < column.length; i++) {
		const value = column[i] as SqlValue;
		if (value !== null) data[i] = big ? BigInt(value) : Number(value);
		valid.push(value === null ? 0 : 1);
	}
	return { kind: "fixed", data: data as never, valid: (valid.finish() as { data: Uint8Array }).data };
}
