import { type CSSProperties, memo, useMemo } from "react";
import { formatDuration, formatPercent, formatWhole } from "../../ui/format.ts";
import { serviceColor } from "../../ui/service-color.ts";
import styles from "./breakdown.module.css";
import panelStyles from "./panel.module.css";
import type { TraceModel } from "./trace-model.ts";
import { criticalByService } from "./trace-tree.ts";

interface TraceBreakdownProps {
	model: TraceModel;
	spotlight: string | null;
	onSpotlight: (service: string | null) => void;
}

/** Where the time went, by service: in place of the span panel until a span is selected. */
export const TraceBreakdown = memo(function TraceBreakdown({ model, spotlight, onSpotlight }: TraceBreakdownProps) {
	const { facts, tree } = model;
	const critical = useMemo(() => new Map(criticalByService(tree).map((part) => [part.service, part.ns])), [tree]);
	const services = useMemo(
		() =>
			[...(facts?.services ?? [])].sort(
				(a, b) => (critical.get(b.service) ?? 0) - (critical.get(a.service) ?? 0) || b.selfNs - a.selfNs,
			),
		[facts, critical],
	);
	const total = [...critical.values()].reduce((sum, ns) => sum + ns, 0);
	return (
		<section className={panelStyles.panel} aria-label="Where the time went" data-testid="trace-breakdown">
			<header className={panelStyles.panelHead}>
				<h2>Where the time went</h2>
				<span className={panelStyles.panelNote}>on the critical path</span>
			</header>
			<div className={panelStyles.panelBody}>
				{total > 0 && (
					<div className={styles.share}>
						{services.map(({ service }) => {
							const ns = critical.get(service) ?? 0;
							return ns > 0 ? (
								<i
									key={service}
									title={`${service}: ${formatDuration(ns)}`}
									style={{ flexGrow: ns, "--service": serviceColor(service) } as CSSProperties}
								/>
							) : null;
						})}
					</div>
				)}
				{services.length > 0 ? (
					<table className={styles.breakdown}>
						<thead>
							<tr>
								<th>Service</th>
								<th>Critical</th>
								<th>Self</th>
								<th>Spans</th>
								<th>Errors</th>
							</tr>
						</thead>
						<tbody>
							{services.map(({ service, spans, errors, selfNs }) => (
								<tr key={service} data-lit={spotlight === service || undefined}>
									<th scope="row">
										<button
											type="button"
											aria-pressed={spotlight === service}
											title={`Show only ${service} in the waterfall`}
											style={{ "--service": serviceColor(service) } as CSSProperties}
											onClick={() => onSpotlight(spotlight === service ? null : service)}
										>
											{service}
										</button>
									</th>
									<td className="num">{critical.has(service) ? formatPercent(critical.get(service)! / total) : "–"}</td>
									<td className="num">{formatDuration(selfNs)}</td>
									<td className="num">{formatWhole(spans)}</td>
									<td className="num" data-bad={errors > 0 || undefined}>
										{errors > 0 ? formatWhole(errors) : "–"}
									</td>
								</tr>
							))}
						</tbody>
					</table>
				) : null}
				<p className={panelStyles.hint}>
					{tree.count > 0 ? "Select a span for its attributes, events and lines." : "Nobody sent spans of this trace."}
				</p>
			</div>
		</section>
	);
});
