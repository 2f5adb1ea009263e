"use client";
import { parseAsBoolean, parseAsStringLiteral, useQueryStates } from "nuqs";
import { useMemo } from "react";
import type { RedSeriesAnswer, Services } from "../../client/api.ts";
import { useRed } from "../../client/queries.ts";
import { formatAgo, formatCount, formatMs, formatPercent, formatRate, TROUBLE, unixNanoToMs } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { Link, serviceHref } from "../../ui/Link.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { ServiceBadge } from "../../ui/ServiceBadge.tsx";
import { SkeletonRows } from "../../ui/Skeleton.tsx";
import { Sparkline } from "../../ui/Sparkline.tsx";
import { serviceColor } from "../../ui/service-color.ts";
import styles from "./ServicesPanel.module.css";
import { type ServiceItem, SORT_KEYS, type SortKey, sortServices } from "./sort-services.ts";

const COLUMNS: readonly { key: SortKey; label: string; className: string }[] = [
	{ key: "service", label: "Service", className: "name" },
	{ key: "rate", label: "Rate", className: "chart" },
	{ key: "errors", label: "Errors", className: "chart" },
	{ key: "p95", label: "p95", className: "chart" },
	{ key: "p50", label: "p50", className: "figure" },
	{ key: "p99", label: "p99", className: "figure" },
	{ key: "logs", label: "Error logs", className: "figure" },
	{ key: "seen", label: "Last seen", className: "figure" },
];

/** More services than this scroll within the table, so that what failed stays in sight below. */
const MANY = 14;

/** Every service with its rate, errors and durations over the window; a line is a link to the service. */
export function ServicesPanel({ services }: { services: Services | undefined }) {
	const [{ sort, reversed }, setSort] = useQueryStates({
		sort: parseAsStringLiteral(SORT_KEYS).withDefault("service"),
		reversed: parseAsBoolean.withDefault(false),
	});
	const red = useRed({}, { enabled: (services?.services.length ?? 0) > 0 });
	const series = useMemo(() => new Map((red.data?.series ?? []).map((one) => [one.service, one])), [red.data]);
	const sorted = useMemo(() => sortServices(services?.services ?? [], sort, reversed), [services, sort, reversed]);

	return (
		<Panel
			title="Services"
			note={services ? sourceNote(services.services) : undefined}
			actions={<Link href="/topology">On the map</Link>}
			testId="services-table"
		>
			<table className={styles.table} data-many={sorted.length > MANY || undefined}>
				<thead>
					<tr className={`${styles.row} ${styles.head}`}>
						{COLUMNS.map((column) => (
							<th
								key={column.key}
								scope="col"
								className={styles[column.className]}
								aria-sort={sort === column.key ? (isAscending(sort, reversed) ? "ascending" : "descending") : undefined}
							>
								<button
									type="button"
									onClick={() => setSort({ sort: column.key, reversed: sort === column.key ? !reversed : false })}
								>
									{column.label}
									{sort === column.key && <Icon name={isAscending(sort, reversed) ? "up" : "down"} size={10} />}
								</button>
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{sorted.map((item) => (
						<ServiceLine
							key={item.service}
							item={item}
							series={series.get(item.service)}
							fromMs={red.data?.window?.fromMs}
							toMs={red.data?.window?.toMs}
						/>
					))}
				</tbody>
			</table>
			{services === undefined && <SkeletonRows rows={8} rowHeight={38} />}
		</Panel>
	);
}

interface ServiceLineProps {
	item: ServiceItem;
	series: RedSeriesAnswer | undefined;
	fromMs: number | undefined;
	toMs: number | undefined;
}

function ServiceLine({ item, series, fromMs, toMs }: ServiceLineProps) {
	const { service, red, errorLogCount, lastSeenUnixNano } = item;
	const color = serviceColor(service);
	const points = series?.points ?? [];
	const measured = item.redSource !== NO_SOURCE;
	return (
		<tr
			className={styles.row}
			data-testid="service-row"
			title={measured ? `RED from ${item.redSource}` : "No calls to measure in this window"}
		>
			<td className={styles.name}>
				<Link href={serviceHref(service)} className={styles.link}>
					<ServiceBadge service={service} />
				</Link>
			</td>
			<td className={styles.chart}>
				<Sparkline
					label={`Rate of ${service}`}
					points={points.map(({ timeMs, rate }) => ({ timeMs, value: rate }))}
					fromMs={fromMs}
					toMs={toMs}
					color={color}
				/>
				<b className="num">{measured ? formatRate(red.rate) : "–"}</b>
			</td>
			<td className={styles.chart} data-bad={red.errorRate >= TROUBLE || undefined}>
				<Sparkline
					label={`Share of failed calls of ${service}`}
					kind="bars"
					points={points.map(({ timeMs, errorRate }) => ({ timeMs, value: errorRate }))}
					fromMs={fromMs}
					toMs={toMs}
					floor={0.05}
					color="var(--error)"
				/>
				<b className="num">{measured ? formatPercent(red.errorRate) : "–"}</b>
			</td>
			<td className={styles.chart}>
				<Sparkline
					label={`p95 of ${service}`}
					points={points.map(({ timeMs, p95Ms }) => ({ timeMs, value: p95Ms }))}
					fromMs={fromMs}
					toMs={toMs}
					color={color}
				/>
				<b className="num">{formatMs(red.p95Ms)}</b>
			</td>
			<td className={`${styles.figure} num`}>{formatMs(red.p50Ms)}</td>
			<td className={`${styles.figure} num`}>{formatMs(red.p99Ms)}</td>
			<td className={`${styles.figure} num`}>{formatCount(errorLogCount)}</td>
			<td className={`${styles.figure} num`}>{formatAgo(unixNanoToMs(lastSeenUnixNano))}</td>
		</tr>
	);
}

/** What the API says where a service has no calls to measure. */
const NO_SOURCE = "none";

/** Names go upwards first, figures downwards. */
function isAscending(key: SortKey, reversed: boolean): boolean {
	return (key === "service") !== reversed;
}

function sourceNote(items: readonly ServiceItem[]): string {
	const sources = [...new Set(items.map(({ redSource }) => redSource))].filter((source) => source !== NO_SOURCE);
	if (sources.length === 0) return "";
	return sources.length === 1 ? `from ${sources[0]}` : `from ${sources.slice(0, 2).join(" and ")}`;
}
