/** The dictionaries `resources` and `series`: which rows the store has already, and appending those it has not. */
import type { Batch, ResourceRow, SeriesRow } from "./batch.ts";
import type { Transaction } from "./database.ts";

export class Dictionaries {
	private resources = new Set<bigint>();
	private series = new Set<bigint>();

	/** From what is stored. */
	set(resources: readonly bigint[], series: readonly bigint[]): void {
		this.resources = new Set(resources);
		this.series = new Set(series);
	}

	/** What of the batches is new; `commit` it once it is stored. */
	newOf(batches: readonly Batch[]): NewRows {
		const rows: NewRows = { resources: new Map(), series: new Map() };
		for (const batch of batches) {
			for (const row of batch.resources) if (!this.resources.has(row.id)) rows.resources.set(row.id, row);
			for (const row of batch.series) if (!this.series.has(row.id)) rows.series.set(row.id, row);
		}
		return rows;
	}

	commit(rows: NewRows): void {
		for (const id of rows.resources.keys()) this.resources.add(id);
		for (const id of rows.series.keys()) this.series.add(id);
	}
}

export interface NewRows {
	resources: Map<bigint, ResourceRow>;
	series: Map<bigint, SeriesRow>;
}

export async function appendNew(tx: Transaction, { resources, series }: NewRows): Promise<void> {
	if (resources.size > 0) await appendResources(tx, [...resources.values()]);
	if (series.size > 0) await appendSeries(tx, [...series.values()]);
}

function appendResources(tx: Transaction, rows: ResourceRow[]): Promise<void> {
	return tx.append(
		"resources",
		[
			BigUint64Array.from(rows, (row) => row.id),
			rows.map((row) => row.service),
			rows.map((row) => row.env),
			rows.map((row) => row.version),
			rows.map((row) => row.attributes),
			rows.map((row) => row.scopeName),
			rows.map((row) => row.scopeVersion),
		],
		rows.length,
	);
}

function appendSeries(tx: Transaction, rows: SeriesRow[]): Promise<void> {
	return tx.append(
		"series",
		[
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
		],
		rows.length,
	);
}
