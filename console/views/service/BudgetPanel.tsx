"use client";
import type { SloAnswer } from "../../client/api.ts";
import { useSlo } from "../../client/queries.ts";
import { ErrorState } from "../../ui/ErrorState.tsx";
import { formatPercent } from "../../ui/format.ts";
import { Panel } from "../../ui/Panel.tsx";
import { SkeletonRows } from "../../ui/Skeleton.tsx";
import styles from "./BudgetPanel.module.css";
import { budgetText, burnText, objectiveText } from "./budget-text.ts";

/** What is promised of the service (slo.yaml), and how much of what may fail in 30 days is left. */
export function BudgetPanel({ service }: { service: string }) {
	const slo = useSlo({ service });
	const items = slo.data?.items ?? [];
	return (
		<Panel title="Error budget" note="objectives of slo.yaml, over 30 days or what is kept of them" testId="budget">
			{slo.data === undefined ? (
				slo.isError ? (
					<ErrorState error={slo.error} retry={() => void slo.refetch()} />
				) : (
					<SkeletonRows rows={2} rowHeight={28} />
				)
			) : items.length === 0 ? (
				<p className={styles.none}>{slo.data.reason}</p>
			) : (
				<div className={styles.rows}>
					{items.map((item) => (
						<Budget key={item.slo} item={item} />
					))}
				</div>
			)}
		</Panel>
	);
}

/** Below this much it is drawn as a warning. */
const LOW = 0.25;

function Budget({ item }: { item: SloAnswer }) {
	const left = item.budgetRemaining;
	const width = left === null ? 0 : Math.min(1, Math.max(0, left)) * 100;
	return (
		<div className={styles.row}>
			<span>{item.slo === "availability" ? "Availability" : item.slo === "latency" ? "Latency" : item.slo}</span>
			<span title="Share of requests that must succeed, or be fast enough">{objectiveText(item)}</span>
			<span className={styles.bar} title={left === null ? "Not known yet" : `${formatPercent(width / 100)} left`}>
				<span style={{ width: `${width}%` }} data-low={(left !== null && left < LOW) || undefined} />
			</span>
			<span data-bad={(left !== null && left <= 0) || undefined}>{budgetText(left)}</span>
			<span title="Over the last hour; 1 spends the budget in exactly 30 days">{burnText(item.burnRate)}</span>
		</div>
	);
}
