import { useQuery } from "@tanstack/react-query";
import { api } from "../../client/api.ts";
import type { TraceModel } from "./trace-model.ts";

/** Whole spans are fetched for the search only up to this many: some 10 MB. */
const MOST_SPANS = 3000;

/**
 * Lower-case attribute text by span id, loaded when a search begins; null until then and for traces too large for it.
 */
export function useAttributeText(model: TraceModel, wanted: boolean): ReadonlyMap<string, string> | null {
	const query = useQuery({
		queryKey: ["trace-attributes", model.traceId, model.tree.count],
		queryFn: async ({ signal }) => {
			const { spans } = await api.trace(model.traceId, signal);
			const texts = new Map<string, string>();
			for (const span of spans) {
				const own = `${entries(span.attributes)}\n${span.statusMessage}\n${span.events
					.map((event) => `${event.name} ${entries(event.attributes)}`)
					.join("\n")}`;
				texts.set(span.spanId, `${texts.get(span.spanId) ?? ""}\n${own}`.toLowerCase());
			}
			return texts;
		},
		enabled: wanted && model.tree.count > 0 && model.tree.count <= MOST_SPANS,
		structuralSharing: false,
		staleTime: Number.POSITIVE_INFINITY,
		gcTime: 60_000,
		retry: false,
	});
	return query.data ?? null;
}

function entries(attributes: Record<string, unknown>): string {
	let text = "";
	for (const key in attributes) {
		const value = attributes[key];
		text += `${key} ${typeof value === "string" ? value : JSON.stringify(value)}\n`;
	}
	return text;
}
