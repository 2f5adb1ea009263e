import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Traces } from "../../client/api.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { ErrorState } from "../../ui/ErrorState.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { SkeletonRows } from "../../ui/Skeleton.tsx";
import { TraceRow } from "../../ui/TraceRows.tsx";

export interface TracesPanelProps {
	title: string;
	query: UseQueryResult<Traces>;
	empty: string;
	actions?: ReactNode;
	rows?: number;
	testId?: string;
}

/** A few traces, one line each. */
export function TracesPanel({ title, query, empty, actions, rows = 8, testId }: TracesPanelProps) {
	const traces = query.data?.traces;
	const maxNs = Math.max(0, ...(traces ?? []).map((trace) => trace.durationNs));
	return (
		<Panel title={title} actions={actions} {...(testId ? { testId } : {})}>
			{traces === undefined ? (
				query.isError ? (
					<ErrorState error={query.error} retry={() => void query.refetch()} />
				) : (
					<SkeletonRows rows={rows} rowHeight={32} />
				)
			) : traces.length === 0 ? (
				<EmptyState compact icon="check" title={empty} />
			) : (
				<div>
					{traces.map((trace) => (
						<TraceRow key={trace.traceId} trace={trace} maxNs={maxNs} dense />
					))}
				</div>
			)}
		</Panel>
	);
}
