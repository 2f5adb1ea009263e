import { useQuery } from "@tanstack/react-query";
import { api } from "../../client/api.ts";
import type { TraceModel } from "./trace-model.ts";
import { kindOf, serviceOf } from "./trace-tree.ts";

/** The span of `row`, whole. Kept for a while, so that going back and forth asks once. */
export function useSpan(model: TraceModel, row: number) {
	const spanId = model.tree.spanIds[row];
	return useQuery({
		queryKey: [
			"span",
			model.traceId,
			spanId,
			row < 0 ? "" : serviceOf(model.tree, row),
			row < 0 ? "" : kindOf(model.tree, row),
		],
		queryFn: ({ signal }) => api.span(model.traceId, spanId!, signal),
		enabled: row >= 0 && spanId !== undefined,
		staleTime: Number.POSITIVE_INFINITY,
	});
}
