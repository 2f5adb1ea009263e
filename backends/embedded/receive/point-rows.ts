/** Metric points of the model, with their exemplars, as rows of `points` and `exemplars`. */
import { spanIdWord, traceIdWords } from "../../../core/ids.ts";
import type { Exemplar, MetricPoint } from "../../../core/model.ts";
import type { TableRows } from "../store/batch.ts";
import { BigColumn, finishColumns, ListColumn, NumberColumn, TextColumn } from "../store/columns.ts";
import { attributesText } from "./attributes-text.ts";

export class PointRows {
	rows = 0;
	private readonly columns;

	constructor(capacity: number) {
		this.columns = {
			series: new BigColumn("u64", capacity),
			start_ns: new BigColumn("i64", capacity),
			time_ns: new BigColumn("i64", capacity),
			value: new NumberColumn("f64", capacity),
			count: new NumberColumn("f64", capacity),
			sum: new NumberColumn("f64", capacity),
			min: new NumberColumn("f64", capacity),
			max: new NumberColumn("f64", capacity),
			bounds: new ListColumn(),
			counts: new ListColumn(),
		};
	}

	add(point: MetricPoint, series: bigint): void {
		const c = this.columns;
		const h = point.histogram;
		c.series.push(series);
		c.start_ns.push(point.startUnixNano);
		c.time_ns.push(point.timeUnixNano);
		c.value.push(point.value);
		c.count.push(h?.count ?? null);
		c.sum.push(h?.sum ?? null);
		c.min.push(h?.min ?? null);
		c.max.push(h?.max ?? null);
		c.bounds.push(h?.bounds ?? null);
		c.counts.push(h?.counts ?? null);
		this.rows++;
	}

	finish(): TableRows {
		return { rows: this.rows, columns: finishColumns(this.columns) };
	}
}

export class ExemplarRows {
	rows = 0;
	private readonly columns = {
		series: new BigColumn("u64", 16),
		time_ns: new BigColumn("i64", 16),
		value: new NumberColumn("f64", 16),
		trace_hi: new BigColumn("u64", 16),
		trace_lo: new BigColumn("u64", 16),
		span_id: new BigColumn("u64", 16),
		attributes: new TextColumn(16, 256),
	};

	add(exemplar: Exemplar, series: bigint): void {
		const c = this.columns;
		const trace = exemplar.traceId === null ? null : traceIdWords(exemplar.traceId);
		c.series.push(series);
		c.time_ns.push(exemplar.timeUnixNano);
		c.value.push(exemplar.value);
		c.trace_hi.push(trace?.hi ?? null);
		c.trace_lo.push(trace?.lo ?? null);
		c.span_id.push(exemplar.spanId === null ? null : spanIdWord(exemplar.spanId));
		c.attributes.push(attributesText(exemplar.attributes));
		this.rows++;
	}

	finish(): TableRows {
		return { rows: this.rows, columns: finishColumns(this.columns) };
	}
}
