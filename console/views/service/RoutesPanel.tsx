import type { RedSeriesAnswer } from "../../client/api.ts";
import type { PlotWindow } from "../../ui/chart/chart-style.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { formatMs, formatPercent, formatRate, TROUBLE } from "../../ui/format.ts";
import { Panel } from "../../ui/Panel.tsx";
import { SkeletonRows } from "../../ui/Skeleton.tsx";
import { Sparkline } from "../../ui/Sparkline.tsx";
import { serviceColor } from "../../ui/service-color.ts";
import styles from "./RoutesPanel.module.css";

export interface RoutesPanelProps {
	service: string;
	/** undefined while on its way. */
	series: readonly RedSeriesAnswer[] | undefined;
	window: PlotWindow | null;
	selected: string | null;
	onSelect: (route: string | null) => void;
}

/** RED of each route; picking one narrows the charts and lists of the page to it. */
export function RoutesPanel({ service, series, window, selected, onSelect }: RoutesPanelProps) {
	const sorted = [...(series ?? [])].sort(
		(a, b) => b.summary.calls - a.summary.calls || ((a.route ?? "") < (b.route ?? "") ? -1 : 1),
	);
	return (
		<Panel
			title="Routes"
			note={series ? `${series.length}, busiest first; pick one to narrow the page` : undefined}
			testId="routes"
		>
			{series === undefined ? (
				<SkeletonRows rows={5} rowHeight={34} />
			) : sorted.length === 0 ? (
				<EmptyState compact title="No routes in this window">
					<p>Routes come from server and consumer spans, or from the labels of the service's own metrics.</p>
				</EmptyState>
			) : (
				<div className={styles.table}>
					<div className={`${styles.row} ${styles.head}`} aria-hidden="true">
						<span>Route</span>
						<span>Rate</span>
						<span />
						<span>Failed</span>
						<span>p50</span>
						<span>p95</span>
						<span>p99</span>
					</div>
					{sorted.map(({ route, summary, points }) => (
						<button
							key={route}
							type="button"
							className={styles.row}
							aria-pressed={route === selected}
							data-testid="route-row"
							title={route ?? ""}
							onClick={() => onSelect(route === selected ? null : route)}
						>
							<span className={styles.name}>{route}</span>
							<Sparkline
								label={`Rate of ${route}`}
								height={20}
								points={points.map(({ timeMs, rate }) => ({ timeMs, value: rate }))}
								fromMs={window?.fromMs}
								toMs={window?.toMs}
								color={serviceColor(service)}
							/>
							<span className="num">{formatRate(summary.rate)}</span>
							<span className="num" data-bad={summary.errorRate >= TROUBLE || undefined}>
								{formatPercent(summary.errorRate)}
							</span>
							<span className="num">{formatMs(summary.p50Ms)}</span>
							<span className="num">{formatMs(summary.p95Ms)}</span>
							<span className="num">{formatMs(summary.p99Ms)}</span>
						</button>
					))}
				</div>
			)}
		</Panel>
	);
}
