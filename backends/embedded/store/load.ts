/** Loads batches in one transaction: rows, dictionaries, dirty minutes, counts, and how far the journal is loaded. */
import type { DuckDBAppender, DuckDBConnection } from "@duckdb/node-api";
import { TableAppender } from "./append.ts";
import { type Batch, type ColumnData, itemCount, type TableRows } from "./batch.ts";
import type { Transaction } from "./database.ts";
import { appendNew, type NewRows } from "./dictionaries.ts";
import {
	SEGMENT_SCHEMA_VERSION,
	SEGMENT_TABLES,
	type Segment,
	type SegmentTable,
	segmentName,
	segmentTable,
} from "./segment.ts";
import { sqlFile } from "./sql-file.ts";
import { transact } from "./transaction.ts";

/** Where the journal stands after a load. */
export interface JournalPosition {
	file: bigint;
	position: bigint;
}

export interface LoadState {
	segments: readonly Segment[];
	/** The number the last row got. */
	arrival: bigint;
}

/** Rows are numbered from `state.arrival` on. Resolves with the state after the commit; nothing is changed when it rejects. */
export function loadBatches(
	connection: DuckDBConnection,
	state: LoadState,
	batches: readonly Batch[],
	newRows: NewRows,
	position: JournalPosition,
): Promise<LoadState> {
	return transact(connection, async (tx) => {
		const segments = new Map(state.segments.map((segment) => [segment.segment, { ...segment }]));
		const touched = new Set<Segment>();
		for (const batch of batches) touched.add(await segmentOf(tx, segments, batch));
		const arrival = await appendRows(connection, batches, state.arrival);
		for (const batch of batches) count(segments.get(segmentName(batch.receivedMs, batch.keep))!, batch);
		for (const segment of touched) await writeSegment(tx, segment);
		await appendNew(tx, newRows);
		await markMinutes(tx, batches, arrival);
		await countStored(tx, batches);
		await tx.run("update journal_position set file = $1, position = $2, arrival = $3", [
			position.file,
			position.position,
			arrival,
		]);
		const sorted = [...segments.values()].sort((a, b) => a.hour - b.hour || Number(a.keep) - Number(b.keep));
		return { segments: sorted, arrival };
	});
}

async function segmentOf(tx: Transaction, segments: Map<string, Segment>, batch: Batch): Promise<Segment> {
	const name = segmentName(batch.receivedMs, batch.keep);
	const known = segments.get(name);
	if (known !== undefined) return known;
	const segment: Segment = {
		segment: name,
		hour: Number(name.slice(1)),
		keep: batch.keep,
		schemaVersion: SEGMENT_SCHEMA_VERSION,
		spans: 0,
		logs: 0,
		points: 0,
		fromNs: null,
		toNs: null,
	};
	// Checks the name.
	segmentTable("spans", name);
	await tx.run(sqlFile("segment.sql").replaceAll("{segment}", name));
	await tx.run("insert into segments values ($1, $2, $3, $4, 0, 0, 0, null, null)", [
		name,
		segment.hour,
		batch.keep,
		SEGMENT_SCHEMA_VERSION,
	]);
	segments.set(name, segment);
	return segment;
}

/** Returns the number of the last row. */
async function appendRows(connection: DuckDBConnection, batches: readonly Batch[], after: bigint): Promise<bigint> {
	const open = new Map<string, { appender: DuckDBAppender; rows: TableAppender }>();
	let arrival = after;
	for (const batch of batches) {
		for (const table of SEGMENT_TABLES) {
			const rows = batch.tables[table];
			if (rows === undefined || rows.rows === 0) continue;
			const name = segmentTable(table, segmentName(batch.receivedMs, batch.keep));
			let target = open.get(name);
			if (target === undefined) {
				const appender = await connection.createAppender(name);
				target = { appender, rows: new TableAppender(appender) };
				open.set(name, target);
			}
			target.rows.append(inTableOrder(table, rows, arrival), rows.rows);
			arrival += BigInt(rows.rows);
		}
	}
	for (const { appender, rows } of open.values()) {
		rows.end();
		appender.closeSync();
	}
	return arrival;
}

function count(segment: Segment, batch: Batch): void {
	segment.spans += batch.tables.spans?.rows ?? 0;
	segment.logs += batch.tables.logs?.rows ?? 0;
	segment.points += batch.tables.points?.rows ?? 0;
	const { fromNs, toNs } = batch;
	if (fromNs !== null && (segment.fromNs === null || fromNs < segment.fromNs)) segment.fromNs = fromNs;
	if (toNs !== null && (segment.toNs === null || toNs > segment.toNs)) segment.toNs = toNs;
}

/** Writes a segment's counts and bounds. */
export async function writeSegment(tx: Transaction, segment: Segment): Promise<void> {
	await tx.run("update segments set spans = $1, logs = $2, points = $3, from_ns = $4, to_ns = $5 where segment = $6", [
		segment.spans,
		segment.logs,
		segment.points,
		segment.fromNs,
		segment.toNs,
		segment.segment,
	]);
}

async function markMinutes(tx: Transaction, batches: readonly Batch[], arrival: bigint): Promise<void> {
	const minutes = BigInt64Array.from(new Set(batches.flatMap((batch) => batch.minutes)));
	if (minutes.length === 0) return;
	await tx.append("dirty_minutes", [minutes, new BigUint64Array(minutes.length).fill(arrival)], minutes.length);
}

async function countStored(tx: Transaction, batches: readonly Batch[]): Promise<void> {
	const items = new Map<string, number>();
	for (const batch of batches) items.set(batch.signal, (items.get(batch.signal) ?? 0) + itemCount(batch));
	for (const [signal, more] of items) {
		if (more > 0) await tx.run("update stored set items = items + $1 where signal = $2", [more, signal]);
	}
}

const COLUMNS = columnsOfTables();

/** Column names by table, from segment.sql, so that their order is written down once. */
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
