/** A question about log lines as LogQL: one query for each kind of stream, and for a trace one by label and one by text. */
import type { LogLevel } from "../../../core/model.ts";
import type { Call, LogQuery } from "../../../core/ports.ts";
import type { Filter } from "../../../core/search.ts";
import { filterStages } from "./filter-logql.ts";
import { LEVELS, levelFilter } from "./log-level.ts";
import { type Entry, labelOf } from "./log-records.ts";
import { escapeRegex, quote } from "./logql.ts";
import { type Partition, selector } from "./stream-map.ts";
import {
	NO_TRACE_LABEL,
	notOfAnother,
	spanLabel,
	spanText,
	traceLabelStages,
	traceTest,
	traceText,
} from "./trace-spellings.ts";

/** Makes the queries for one kind of stream (the `at`th); none when nothing there can match. */
export type Queries = (partition: Partition, at: number) => string[];

export function queriesOf(query: LogQuery, call: Call): Queries {
	if (query.logql !== undefined) {
		// People's own query names its streams itself.
		const { logql } = query;
		return (_, at) => (at === 0 ? [logql] : []);
	}
	const { traceId, filter } = withTrace(query);
	return (partition) => {
		const stages = filterStages(filter, partition);
		if (stages === null) return [];
		const matchers: string[] = [];
		const common: string[] = [];
		if (query.service !== undefined) {
			if (partition.serviceLabel !== null) matchers.push(`${partition.serviceLabel}=${quote(query.service)}`);
			else if (query.service !== "unknown_service") return [];
		}
		if (query.minLevel !== undefined && query.minLevel !== "unspecified") {
			const least = LEVELS.indexOf(query.minLevel);
			common.push(`| ${levelFilter(LEVELS.filter((_: LogLevel, at) => at >= least))}`);
		}
		// Whoever names a trace wants its lines, also with the demo hidden.
		if (traceId === undefined && call.excludeEnvironments.length > 0) {
			const names = quote(call.excludeEnvironments.map(escapeRegex).join("|"));
			common.push(`| deployment_environment_name!~${names} | deployment_environment!~${names}`);
		}
		const rest = `${common.map((stage) => ` ${stage}`).join("")}${stages}`;
		const streams = selector(partition, ...matchers);
		const span = query.spanId;
		if (traceId === undefined) return [`${streams}${span === undefined ? "" : ` | ${spanLabel(span)}`}${rest}`];
		return [
			`${streams} ${traceLabelStages(traceId)}${span === undefined ? "" : ` | ${spanLabel(span)}`}${rest}`,
			`${streams} ${traceText(traceId)}${span === undefined ? "" : ` ${spanText(span)}`} | ${NO_TRACE_LABEL}${rest}`,
		];
	};
}

/** Asks for more than is wanted, and which of it is. */
export interface OneReading {
	make: Queries;
	keep: (entry: Entry) => boolean;
}

/** What `queriesOf` says in two queries for the lines of a trace, in one: those of the trace and those that no label puts down to another. null for other questions. */
export function oneReadingOf(query: LogQuery, call: Call): OneReading | null {
	const { traceId, filter } = withTrace(query);
	if (query.logql !== undefined || traceId === undefined || query.spanId !== undefined) return null;
	const { traceId: _, ...rest } = query;
	const ofAny = queriesOf({ ...rest, filter }, { ...call, excludeEnvironments: [] });
	const isOfTrace = traceTest(traceId);
	return {
		make: (partition, at) => ofAny(partition, at).map((text) => `${text} ${notOfAnother(traceId)}`),
		keep: (entry) => isOfTrace(labelOf(entry), entry.line),
	};
}

/** A trace ID that the whole filter demands is looked for like one that the query names: in the text too. */
function withTrace(query: LogQuery): { traceId: string | undefined; filter: Filter | null } {
	const parts = query.filter?.kind === "and" ? query.filter.of : query.filter === null ? [] : [query.filter];
	const named = parts.find((part) => part.kind === "compare" && part.field === "traceId" && part.op === "=");
	if (query.traceId !== undefined || named?.kind !== "compare") return { traceId: query.traceId, filter: query.filter };
	return { traceId: String(named.value), filter: { kind: "and", of: parts.filter((part) => part !== named) } };
}
