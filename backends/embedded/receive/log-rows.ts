/** Log records of the model as rows of `logs`. */
import { spanIdWord, traceIdWords } from "../../../core/ids.ts";
import type { LogRecord } from "../../../core/model.ts";
import { requestIdOf } from "../../../core/route.ts";
import type { ResourceRow, TableRows } from "../store/batch.ts";
import { BigColumn, NumberColumn, SymbolColumn, TextColumn } from "../store/columns.ts";
import { attributesText } from "./attributes-text.ts";

export class LogRows {
	rows = 0;
	private readonly columns;

	constructor(capacity: number) {
		this.columns = {
			time_ns: new BigColumn("i64", capacity),
			service: new SymbolColumn(capacity),
			env: new SymbolColumn(capacity),
			severity_number: new NumberColumn("u8", capacity),
			severity_text: new SymbolColumn(capacity),
			body: new TextColumn(capacity, capacity * 128),
			trace_hi: new BigColumn("u64", capacity),
			trace_lo: new BigColumn("u64", capacity),
			span_id: new BigColumn("u64", capacity),
			request_id: new SymbolColumn(capacity),
			attributes: new TextColumn(capacity, capacity * 128),
			resource: new BigColumn("u64", capacity),
		};
	}

	add(record: LogRecord, resource: ResourceRow): void {
		const c = this.columns;
		const trace = record.traceId === null ? null : traceIdWords(record.traceId);
		c.time_ns.push(record.timeUnixNano);
		c.service.push(resource.service);
		c.env.push(resource.env);
		c.severity_number.push(record.severityNumber);
		c.severity_text.push(record.severityText);
		c.body.push(record.body);
		c.trace_hi.push(trace?.hi ?? null);
		c.trace_lo.push(trace?.lo ?? null);
		c.span_id.push(record.spanId === null ? null : spanIdWord(record.spanId));
		c.request_id.push(requestIdOf(record.attributes));
		c.attributes.push(attributesText(record.attributes));
		c.resource.push(resource.id);
		this.rows++;
	}

	finish(): TableRows {
		return {
			rows: this.rows,
			columns: Object.fromEntries(Object.entries(this.columns).map(([name, column]) => [name, column.finish()])),
		};
	}
}
