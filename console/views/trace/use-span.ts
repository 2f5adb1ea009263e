import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { SpanAnswer } from "../../../server/api/schema.ts";
import { api } from "../../client/api.ts";
import type { TraceModel } from "./trace-model.ts";
import { flagsOf, kindOf, serviceOf } from "./trace-tree.ts";

/**
 * The span of `row`, whole; undefined while it loads. Waits a moment, so that running down the tree by keys asks for one span and not for each.
 * Of several spans with one id it is the one of the row's service and kind. Placeholders are nobody's span and are not asked for.
 */
export function useSpan(model: TraceModel, row: number): { span: SpanAnswer | undefined; error: Error | null } {
	const [settled] = useDebouncedValue(row, 90);
	const spanId =
		settled < 0 || flagsOf(model.tree, settled).includes("placeholder") ? undefined : model.tree.spanIds[settled];
	const query = useQuery({
		queryKey: ["trace-span", model.traceId, spanId],
		queryFn: async ({ signal }) => {
			const { startUnixNano, spans } = await api.span(model.traceId, spanId!, signal);
			return { startUnixNano: BigInt(startUnixNano), spans };
		},
		enabled: spanId !== undefined,
		staleTime: Number.POSITIVE_INFINITY,
		structuralSharing: false,
	});
	if (row !== settled || spanId === undefined) return { span: undefined, error: null };
	const service = serviceOf(model.tree, row);
	const kind = kindOf(model.tree, row);
	const spans = query.data?.spans ?? [];
	const found =
		spans.find((span) => span.service === service && span.kind === kind) ??
		spans.find((span) => span.service === service) ??
		spans[0];
	return { span: found && shifted(found, Number(query.data!.startUnixNano - model.startUnixNano)), error: query.error };
}

/** Times count from the answer's start, and a span that came late may have moved it. */
function shifted(span: SpanAnswer, byNs: number): SpanAnswer {
	if (byNs === 0) return span;
	return {
		...span,
		startNs: span.startNs + byNs,
		events: span.events.map((event) => ({ ...event, startNs: event.startNs + byNs })),
	};
}
