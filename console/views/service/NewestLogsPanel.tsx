"use client";
import { useState } from "react";
import { useLogs } from "../../client/queries.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { ErrorState } from "../../ui/ErrorState.tsx";
import { Link } from "../../ui/Link.tsx";
import { LogLine, logKey } from "../../ui/LogLine.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { SkeletonRows } from "../../ui/Skeleton.tsx";

/** The service's last lines. While one is open the list stands still. */
export function NewestLogsPanel({ service }: { service: string }) {
	const [open, setOpen] = useState<string | null>(null);
	const logs = useLogs({ service, order: "newest", limit: 12 }, open === null ? {} : { refetchMs: false });
	const records = logs.data?.records;
	return (
		<Panel
			title="Newest log lines"
			actions={<Link href={`/logs?service=${encodeURIComponent(service)}`}>All lines</Link>}
			testId="newest-logs"
		>
			{records === undefined ? (
				logs.isError ? (
					<ErrorState error={logs.error} retry={() => void logs.refetch()} />
				) : (
					<SkeletonRows rows={12} rowHeight={27} />
				)
			) : records.length === 0 ? (
				<EmptyState compact title="No log lines in this window">
					<p>
						With <code>@trivet/instrumentation</code> every pino line of a service arrives here, tied to its trace.
					</p>
				</EmptyState>
			) : (
				<div>
					{records.map((record) => {
						const key = logKey(record);
						return (
							<LogLine
								key={key}
								record={record}
								oneService
								open={open === key}
								onToggle={() => setOpen(open === key ? null : key)}
							/>
						);
					})}
				</div>
			)}
		</Panel>
	);
}
