import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api } from "../../client/api.ts";
import { ApiError } from "../../client/fetch-json.ts";
import { placeAllLogs, readPivot, type TraceModel } from "./trace-model.ts";

/** A trace that nobody knows yet is asked for again this often: exporters send in batches of up to five seconds. */
const ARRIVAL_TRIES = 6;
const ARRIVAL_PAUSE_MS = 2000;
/** A partial trace younger than this is still arriving: looked up again until it is whole or old. */
const FRESH_MS = 30_000;
const FRESH_PAUSE_MS = 3000;

/** The pivot of one id. Big answers are turned into arrays at once and compared with nothing, so that 100,000 spans stay cheap. */
export function usePivot(id: string) {
	return useQuery({
		queryKey: ["pivot", id],
		queryFn: async ({ signal }) => readPivot(await api.pivot(id, "skeleton", signal)),
		structuralSharing: false,
		staleTime: Number.POSITIVE_INFINITY,
		gcTime: 60_000,
		refetchOnWindowFocus: false,
		retry: (tries, error) => {
			if (!(error instanceof ApiError)) return false;
			if (error.status === 404) return tries < ARRIVAL_TRIES;
			return (error.status === 0 || error.status >= 500 || error.status === 429) && tries < 3;
		},
		retryDelay: ARRIVAL_PAUSE_MS,
		refetchInterval: ({ state }) => (state.data && isArriving(state.data) ? FRESH_PAUSE_MS : false),
	});
}

/** Started moments ago and not whole: its last spans may be on their way. */
export function isArriving(model: TraceModel, nowMs = Date.now()): boolean {
	if (model.facts === null) return false;
	const endMs = Number(model.startUnixNano / 1_000_000n) + model.facts.durationNs / 1e6;
	return (
		(model.facts.partial || model.facts.root?.missing === true) && nowMs - endMs < FRESH_MS && nowMs >= endMs - 1000
	);
}

/** The trace's lines: those that came with the pivot, and further pages when asked for. */
export function useTraceLogs(model: TraceModel) {
	const query = useInfiniteQuery({
		queryKey: ["trace-logs", model.traceId, model.logsCursor],
		queryFn: ({ pageParam, signal }) =>
			api.logs({ traceId: model.traceId, order: "oldest", limit: 1000, cursor: pageParam }, signal),
		initialPageParam: model.logsCursor,
		getNextPageParam: (page) => page.nextCursor,
		enabled: false,
		structuralSharing: false,
		gcTime: 60_000,
	});
	const pages = query.data?.pages;
	const logs = useMemo(() => placeAllLogs(model, pages?.flatMap((page) => page.records) ?? []), [model, pages]);
	return {
		logs,
		hasMore: pages === undefined ? model.logsCursor !== undefined : query.hasNextPage,
		loading: query.isFetching,
		error: query.error,
		loadMore: () => void (pages === undefined ? query.refetch() : query.fetchNextPage()),
	};
}
