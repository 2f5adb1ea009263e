/** Log records as rows of `logs`, whatever encoding they came in. */
import type { Attributes, LogRecord } from "../../../core/model.ts";
import { requestIdOf } from "../../../core/route.ts";
import type { ResourceRow, TableRows } from "../store/batch.ts";
import { BigColumn, finishColumns, NumberColumn, SymbolColumn, Symbols, TextColumn } from "../store/columns.ts";
import { attributesText } from "./attributes-text.ts";
import { hexWords, TimesSeen, wordsOf } from "./words.ts";

/** One record, on its way into the columns. One object serves all records of a request. 64-bit values are halves. */
export class LogDraft {
	timeLo = 0;
	timeHi = 0;
	severityNumber = 0;
	severityText = "";
	body = "";
	hasTrace = false;
	traceHiLo = 0;
	traceHiHi = 0;
	traceLoLo = 0;
	traceLoHi = 0;
	hasSpan = false;
	spanLo = 0;
	spanHi = 0;
	attributes: Attributes = {};

	/** Ids in the model's spelling; null for none. */
	setIds(traceId: string | null, spanId: string | null): void {
		this.hasTrace = traceId !== null;
		this.hasSpan = spanId !== null;
		if (traceId !== null) {
			[this.traceHiLo, this.traceHiHi] = hexWords(traceId, 0);
			[this.traceLoLo, this.traceLoHi] = hexWords(traceId, 16);
		}
		if (spanId !== null) [this.spanLo, this.spanHi] = hexWords(spanId, 0);
	}
}

export class LogRows {
	rows = 0;
	readonly times = new TimesSeen();
	private readonly columns;

	constructor(capacity: number) {
		const symbols = new Symbols();
		this.columns = {
			time_ns: new BigColumn("i64", capacity),
			service: new SymbolColumn(symbols, capacity),
			env: new SymbolColumn(symbols, capacity),
			severity_number: new NumberColumn("u8", capacity),
			severity_text: new SymbolColumn(symbols, capacity),
			body: new TextColumn(capacity, capacity * 128),
			trace_hi: new BigColumn("u64", capacity),
			trace_lo: new BigColumn("u64", capacity),
			span_id: new BigColumn("u64", capacity),
			request_id: new SymbolColumn(symbols, capacity),
			attributes: new TextColumn(capacity, capacity * 128),
			resource: new BigColumn("u64", capacity),
		};
	}

	add(record: LogDraft, resource: ResourceRow): void {
		const c = this.columns;
		c.time_ns.pushWords(record.timeLo, record.timeHi);
		c.service.push(resource.service);
		c.env.push(resource.env);
		c.severity_number.push(record.severityNumber);
		c.severity_text.push(record.severityText);
		c.body.push(record.body);
		if (record.hasTrace) {
			c.trace_hi.pushWords(record.traceHiLo, record.traceHiHi);
			c.trace_lo.pushWords(record.traceLoLo, record.traceLoHi);
		} else {
			c.trace_hi.pushNull();
			c.trace_lo.pushNull();
		}
		if (record.hasSpan) c.span_id.pushWords(record.spanLo, record.spanHi);
		else c.span_id.pushNull();
		c.request_id.push(requestIdOf(record.attributes));
		c.attributes.push(attributesText(record.attributes));
		c.resource.push(resource.id);
		this.times.see(record.timeLo, record.timeHi);
		this.rows++;
	}

	finish(): TableRows {
		return { rows: this.rows, columns: finishColumns(this.columns) };
	}
}

/** A record of the model, written into `draft`. */
export function draftLog(record: LogRecord, draft: LogDraft): void {
	[draft.timeLo, draft.timeHi] = wordsOf(record.timeUnixNano);
	draft.severityNumber = record.severityNumber;
	draft.severityText = record.severityText;
	draft.body = record.body;
	draft.setIds(record.traceId, record.spanId);
	draft.attributes = record.attributes;
}
