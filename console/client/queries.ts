/**
 * One hook an endpoint. Those that look at a window take it (and the refresh interval) from the URL unless told otherwise, and keep what they
 * have while the next answer is under way: nothing blinks, nothing jumps.
 */
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import {
	api,
	type FieldsParams,
	type IncidentsParams,
	type LogsParams,
	type RedParams,
	type TopologyParams,
	type TracesParams,
	type WindowParams,
} from "./api.ts";
import { ApiError } from "./fetch-json.ts";
import { useTimeRange } from "./time-range.ts";

const INCIDENTS_MS = 5_000;

export interface PollOptions {
	enabled?: boolean;
	/** Milliseconds between looks; false for once. Default: what the page's auto-refresh says. */
	refetchMs?: number | false;
}

function usePolling({ enabled = true, refetchMs }: PollOptions) {
	const range = useTimeRange();
	return {
		enabled,
		refetchInterval: refetchMs === undefined ? range.refetchMs : refetchMs,
		placeholderData: keepPreviousData,
	};
}

/** The page's window, unless the parameters bring their own. */
function useWindowed<P extends WindowParams>(params: P): P & { from: string; to: string; hideDemo: boolean } {
	const { window } = useTimeRange();
	return { ...window, ...params };
}

/** Not found, invalid input and what a backend cannot do stay so; the rest may be passing. */
export function retryApi(failures: number, error: Error): boolean {
	if (error instanceof ApiError && ((error.status >= 400 && error.status < 500) || error.status === 501)) return false;
	return failures < 2;
}

export function useStatus(options: PollOptions = {}) {
	return useQuery({
		queryKey: ["status"],
		queryFn: ({ signal }) => api.status(signal),
		...usePolling({ refetchMs: 5_000, ...options }),
	});
}

export function useServices(params: WindowParams = {}, options: PollOptions = {}) {
	const query = useWindowed(params);
	return useQuery({
		queryKey: ["services", query],
		queryFn: ({ signal }) => api.services(query, signal),
		...usePolling(options),
	});
}

export function useTraces(params: TracesParams = {}, options: PollOptions = {}) {
	const query = useWindowed(params);
	return useQuery({
		queryKey: ["traces", query],
		queryFn: ({ signal }) => api.traces(query, signal),
		...usePolling(options),
	});
}

/** Pages of traces, each after the last one's cursor. */
export function useTracePages(params: TracesParams = {}, options: PollOptions = {}) {
	const query = useWindowed(params);
	return useInfiniteQuery({
		queryKey: ["trace-pages", query],
		queryFn: ({ signal, pageParam }) => api.traces({ ...query, cursor: pageParam }, signal),
		initialPageParam: undefined as string | undefined,
		getNextPageParam: (page) => page.nextCursor,
		...usePolling(options),
	});
}

export function useTrace(traceId: string, options: PollOptions = {}) {
	return useQuery({
		queryKey: ["trace", traceId],
		queryFn: ({ signal }) => api.trace(traceId, signal),
		...usePolling({ refetchMs: false, ...options }),
	});
}

export function useSkeleton(traceId: string, options: PollOptions = {}) {
	return useQuery({
		queryKey: ["skeleton", traceId],
		queryFn: ({ signal }) => api.skeleton(traceId, signal),
		...usePolling({ refetchMs: false, ...options }),
	});
}

export function useSpan(traceId: string, spanId: string | null, options: PollOptions = {}) {
	return useQuery({
		queryKey: ["span", traceId, spanId],
		queryFn: ({ signal }) => api.span(traceId, spanId ?? "", signal),
		...usePolling({ refetchMs: false, ...options, enabled: spanId !== null && (options.enabled ?? true) }),
	});
}

/** `id`: a trace ID in any spelling, a traceparent or a request ID. */
export function usePivot(id: string, detail: "spans" | "skeleton" = "skeleton", options: PollOptions = {}) {
	return useQuery({
		queryKey: ["pivot", id, detail],
		queryFn: ({ signal }) => api.pivot(id, detail, signal),
		...usePolling({ refetchMs: false, ...options }),
	});
}

export function useLogs(params: LogsParams = {}, options: PollOptions = {}) {
	const query = useWindowed(params);
	return useQuery({
		queryKey: ["logs", query],
		queryFn: ({ signal }) => api.logs(query, signal),
		...usePolling(options),
	});
}

export function useLogPages(params: LogsParams = {}, options: PollOptions = {}) {
	const query = useWindowed(params);
	return useInfiniteQuery({
		queryKey: ["log-pages", query],
		queryFn: ({ signal, pageParam }) => api.logs({ ...query, cursor: pageParam }, signal),
		initialPageParam: undefined as string | undefined,
		getNextPageParam: (page) => page.nextCursor,
		...usePolling(options),
	});
}

export function useRed(params: RedParams = {}, options: PollOptions = {}) {
	const query = useWindowed(params);
	return useQuery({
		queryKey: ["red", query],
		queryFn: ({ signal }) => api.red(query, signal),
		...usePolling(options),
	});
}

export function useExemplars(
	params: WindowParams & { service?: string; metric?: string; traceId?: string } = {},
	options: PollOptions = {},
) {
	const query = useWindowed(params);
	return useQuery({
		queryKey: ["exemplars", query],
		queryFn: ({ signal }) => api.exemplars(query, signal),
		...usePolling(options),
	});
}

/** Objectives and budgets at the window's end. */
export function useSlo(params: WindowParams & { service?: string } = {}, options: PollOptions = {}) {
	const query = useWindowed(params);
	return useQuery({
		queryKey: ["slo", query],
		queryFn: ({ signal }) => api.slo(query, signal),
		...usePolling(options),
	});
}

export function useFields(params: FieldsParams, options: PollOptions = {}) {
	const query = useWindowed(params);
	return useQuery({
		queryKey: ["fields", query],
		queryFn: ({ signal }) => api.fields(query, signal),
		staleTime: 15_000,
		...usePolling({ refetchMs: false, ...options }),
	});
}

export function useTopology(params: TopologyParams = {}, options: PollOptions = {}) {
	const query = useWindowed(params);
	return useQuery({
		queryKey: ["topology", query],
		queryFn: ({ signal }) => api.topology(query, signal),
		...usePolling(options),
	});
}

/** Whatever the page's window: what fires now matters on every page. */
export function useIncidents(params: IncidentsParams = {}, options: PollOptions = {}) {
	return useQuery({
		queryKey: ["incidents", params],
		queryFn: ({ signal }) => api.incidents(params, signal),
		...usePolling({ refetchMs: INCIDENTS_MS, ...options }),
	});
}

export function useIncidentPages(params: IncidentsParams = {}, options: PollOptions = {}) {
	return useInfiniteQuery({
		queryKey: ["incident-pages", params],
		queryFn: ({ signal, pageParam }) => api.incidents({ ...params, cursor: pageParam }, signal),
		initialPageParam: undefined as string | undefined,
		getNextPageParam: (page) => page.nextCursor,
		...usePolling({ refetchMs: INCIDENTS_MS, ...options }),
	});
}

export function useIncident(id: string, options: PollOptions = {}) {
	return useQuery({
		queryKey: ["incident", id],
		queryFn: ({ signal }) => api.incident(id, signal),
		...usePolling({ refetchMs: INCIDENTS_MS, ...options }),
	});
}

export function useDemo(options: PollOptions = {}) {
	return useQuery({
		queryKey: ["demo"],
		queryFn: ({ signal }) => api.demo(signal),
		...usePolling({ refetchMs: 5_000, ...options }),
	});
}

export function useSetFault() {
	const client = useQueryClient();
	return useMutation({
		mutationFn: ({ id, enabled }: { id: string; enabled: boolean }) => api.setFault(id, enabled),
		onSuccess: (demo) => client.setQueryData(["demo"], demo),
	});
}

export function useEraseDemo() {
	const client = useQueryClient();
	return useMutation({ mutationFn: api.eraseDemo, onSuccess: () => client.invalidateQueries() });
}

/** The last imports; while one runs, looked at every second. */
export function useImports() {
	return useQuery({
		queryKey: ["imports"],
		queryFn: ({ signal }) => api.imports(signal),
		refetchInterval: ({ state }) => (state.data?.jobs.some((job) => job.state === "running") ? 1_000 : 10_000),
	});
}

export function useImportFile() {
	const client = useQueryClient();
	return useMutation({ mutationFn: api.importFile, onSettled: () => client.invalidateQueries() });
}
