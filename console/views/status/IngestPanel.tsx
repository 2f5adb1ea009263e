"use client";
import { useEffect, useRef, useState } from "react";
import type { Status } from "../../client/api.ts";
import { useStatus } from "../../client/queries.ts";
import { formatRate, formatWhole } from "../../ui/format.ts";
import { Panel } from "../../ui/Panel.tsx";
import styles from "./IngestPanel.module.css";
import { ingestRate } from "./ingest-rate.ts";

const SIGNALS = [
	["traces", "Spans"],
	["logs", "Log lines"],
	["metrics", "Metric points"],
] as const;

type Ingest = NonNullable<Status["ingest"]>;

/** What arrived since the start, how fast right now, and what was refused. */
export function IngestPanel({ ingest }: { ingest: Ingest }) {
	const rates = useRates();
	return (
		<Panel title="Arriving" note="since the start; stored is all there is" testId="ingest">
			<table className={styles.table}>
				<thead>
					<tr>
						<th scope="col">Signal</th>
						<th scope="col">Now</th>
						<th scope="col">Accepted</th>
						<th scope="col">Rejected</th>
						<th scope="col">Dropped</th>
						<th scope="col">Stored</th>
					</tr>
				</thead>
				<tbody>
					{SIGNALS.map(([signal, label]) => {
						const counts = ingest[signal];
						const rate = rates?.[signal] ?? null;
						return (
							<tr key={signal}>
								<th scope="row">{label}</th>
								<td className="num">{rate === null ? "–" : formatRate(rate)}</td>
								<td className="num">{formatWhole(counts?.accepted ?? 0)}</td>
								<td className="num" data-bad={(counts?.rejected ?? 0) > 0 || undefined}>
									{formatWhole(counts?.rejected ?? 0)}
								</td>
								<td className="num" data-bad={(counts?.dropped ?? 0) > 0 || undefined}>
									{formatWhole(counts?.dropped ?? 0)}
								</td>
								<td className="num">{formatWhole(counts?.stored ?? 0)}</td>
							</tr>
						);
					})}
				</tbody>
			</table>
		</Panel>
	);
}

function useRates(): Record<keyof Ingest, number | null> | null {
	const { data } = useStatus();
	const before = useRef<Status>(undefined);
	const [rates, setRates] = useState<Record<keyof Ingest, number | null> | null>(null);
	useEffect(() => {
		if (data === undefined || data.nowMs === before.current?.nowMs) return;
		const rate = (signal: keyof Ingest) => ingestRate(before.current, data, signal);
		setRates({ traces: rate("traces"), logs: rate("logs"), metrics: rate("metrics") });
		before.current = data;
	}, [data]);
	return rates;
}
