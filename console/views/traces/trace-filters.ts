/** What the traces page looks for: all of it in the URL. */
import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import type { TracesParams } from "../../client/api.ts";
import { readDurationMs } from "../../ui/duration-text.ts";

const parsers = {
	q: parseAsString.withDefault(""),
	service: parseAsString.withDefault(""),
	operation: parseAsString.withDefault(""),
	status: parseAsStringLiteral(["all", "error", "ok"] as const).withDefault("all"),
	/** As typed: `200ms`, `1.5s`. */
	min: parseAsString.withDefault(""),
	max: parseAsString.withDefault(""),
	/** TraceQL instead of all of these; null: not. */
	traceql: parseAsString,
	order: parseAsStringLiteral(["newest", "slowest"] as const).withDefault("newest"),
};

export function useTraceFilters() {
	const [filters, set] = useQueryStates(parsers, { history: "push" });
	const min = readDurationMs(filters.min);
	const max = readDurationMs(filters.max);
	const raw = filters.traceql;
	const asked: TracesParams = {
		q: filters.q || undefined,
		service: filters.service || undefined,
		operation: filters.operation || undefined,
		status: filters.status === "all" ? undefined : filters.status,
		minDurationMs: min.ms,
		maxDurationMs: max.ms,
	};
	const params: TracesParams = raw === null ? asked : { traceql: raw.trim() || undefined };
	const any = (raw === null && filters.q !== "") || Object.values(params).some((value) => value !== undefined);
	return {
		filters,
		set,
		params,
		minProblem: min.problem,
		maxProblem: max.problem,
		/** Something narrows the list. */
		any,
		clear: () =>
			set({
				q: null,
				service: null,
				operation: null,
				status: null,
				min: null,
				max: null,
				...(raw === null ? {} : { traceql: "" }),
			}),
	};
}
