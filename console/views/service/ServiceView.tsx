"use client";
/** One service: rate, errors and duration, whole or by route, with exemplars that open their trace; who calls it and whom it calls; its newest lines. */
import { parseAsString, useQueryState } from "nuqs";
import { useMemo } from "react";
import { useExemplars, useRed, useServices, useStatus, useTraces } from "../../client/queries.ts";
import { useTimeRange } from "../../client/time-range.ts";
import { servedDurations } from "../../ui/chart/duration-exemplars.ts";
import { RedChart } from "../../ui/chart/RedChart.tsx";
import { ErrorState, PartialNotice, StaleNotice } from "../../ui/ErrorState.tsx";
import { formatAgo, formatMs, formatPercent, formatRate, plural, TROUBLE, unixNanoToMs } from "../../ui/format.ts";
import { Link } from "../../ui/Link.tsx";
import { Fact, PageHeader } from "../../ui/PageHeader.tsx";
import { Panel } from "../../ui/Panel.tsx";
import page from "../../ui/page.module.css";
import { serviceColor } from "../../ui/service-color.ts";
import { ExternalLink } from "../incidents/ExternalLink.tsx";
import { NothingHere } from "../overview/NothingHere.tsx";
import { TracesPanel } from "../overview/TracesPanel.tsx";
import { BudgetPanel } from "./BudgetPanel.tsx";
import { grafanaHref } from "./grafana-href.ts";
import { NeighboursPanel } from "./NeighboursPanel.tsx";
import { NewestLogsPanel } from "./NewestLogsPanel.tsx";
import { RoutesPanel } from "./RoutesPanel.tsx";
import { routeQuery } from "./route-query.ts";
import styles from "./ServiceView.module.css";

const EMPTY_WINDOW = { fromMs: 0, toMs: 1 };

export function ServiceView({ service }: { service: string }) {
	const [route, setRoute] = useQueryState("route", parseAsString.withOptions({ history: "push" }));
	const { from, to } = useTimeRange();
	const services = useServices();
	const status = useStatus();
	const whole = useRed({ service });
	const byRoute = useRed({ service, byRoute: true });
	const source = whole.data?.series[0]?.source;
	// The chart's own metric alone: a service's database calls would crowd its requests out.
	const exemplars = useExemplars({
		service,
		...(source === undefined || source === "spans" ? {} : { metric: source }),
	});
	const traceFilter = { service, ...(route === null ? {} : { q: routeQuery(route) }) };
	const failed = useTraces({ ...traceFilter, status: "error", order: "newest", limit: 6 });
	const slow = useTraces({ ...traceFilter, order: "slowest", limit: 6 });

	const item = services.data?.services.find((one) => one.service === service);
	const routes = byRoute.data?.series.filter((series) => series.route !== null) ?? [];
	const answer = route === null ? whole : byRoute;
	const series = route === null ? whole.data?.series[0] : routes.find((one) => one.route === route);
	const shownExemplars = useMemo(
		() => servedDurations(exemplars.data?.items ?? []).filter((one) => route === null || one.route === route),
		[exemplars.data, route],
	);
	const window = answer.data?.window ?? EMPTY_WINDOW;
	const stepMs = answer.data?.stepMs ?? 15_000;
	const charts = { series, window, stepMs, group: `service ${service}` };
	const unknown = whole.data !== undefined && services.data !== undefined && !item && whole.data.series.length === 0;
	const summary = series?.summary;
	/** Or on its way; without an answer its error is said once, in place of the charts. */
	const measured = whole.data !== undefined || !whole.isError;

	return (
		<div className={page.scroll}>
			<PageHeader
				title={
					<>
						<span className={styles.swatch} style={{ background: serviceColor(service) }} />
						{service}
					</>
				}
				actions={
					<nav className={styles.links} aria-label={`More of ${service}`}>
						<Link href={`/traces?service=${encodeURIComponent(service)}`}>All traces</Link>
						<Link href={`/logs?service=${encodeURIComponent(service)}`}>All logs</Link>
						<Link href={`/topology?focus=${encodeURIComponent(`service:${service}`)}`}>On the map</Link>
						{status.data?.grafanaUrl && (
							<ExternalLink
								href={grafanaHref({ base: status.data.grafanaUrl, service, from, to, origin: location.origin })}
							>
								Open in Grafana
							</ExternalLink>
						)}
					</nav>
				}
			>
				{summary && (
					<>
						<Fact label="Rate">{formatRate(summary.rate)}</Fact>
						<Fact label="Failed" {...(summary.errorRate >= TROUBLE ? { tone: "error" as const } : {})}>
							{formatPercent(summary.errorRate)}
						</Fact>
						<Fact label="p50">{formatMs(summary.p50Ms)}</Fact>
						<Fact label="p95">{formatMs(summary.p95Ms)}</Fact>
						<Fact label="p99">{formatMs(summary.p99Ms)}</Fact>
					</>
				)}
				<PartialNotice answer={whole.data} />
				{item?.version && <Fact label="Version">{item.version}</Fact>}
				{item && <Fact label="Seen">{formatAgo(unixNanoToMs(item.lastSeenUnixNano))}</Fact>}
			</PageHeader>
			{whole.isError && !whole.data && <ErrorState error={whole.error} retry={() => void whole.refetch()} />}
			{whole.isError && whole.data && <StaleNotice error={whole.error} />}
			{unknown ? (
				<NothingHere title={`Nothing of ${service} in this window`} status={status.data} reason={whole.data?.reason} />
			) : (
				<>
					{route !== null && (
						<p className={styles.route}>
							Only <code>{route}</code>
							<button type="button" onClick={() => setRoute(null)}>
								Show all routes
							</button>
						</p>
					)}
					{measured && (
						<div className={page.trio} data-testid="service-red">
							<Panel title="Rate" note="calls per second">
								<RedChart metric="rate" {...charts} testId="chart-rate" />
							</Panel>
							<Panel title="Errors" note="share of calls">
								<RedChart metric="errors" {...charts} testId="chart-errors" />
							</Panel>
							<Panel title="Duration" note={durationNote(shownExemplars.length)}>
								<RedChart metric="duration" {...charts} exemplars={shownExemplars} testId="chart-duration" />
							</Panel>
						</div>
					)}
					<BudgetPanel service={service} />
					<div className={page.wide}>
						{measured && (
							<RoutesPanel
								service={service}
								series={byRoute.data === undefined ? undefined : routes}
								window={byRoute.data?.window ?? null}
								selected={route}
								onSelect={setRoute}
							/>
						)}
						<NeighboursPanel service={service} />
					</div>
					<div className={page.pair}>
						<TracesPanel
							title="Newest errors"
							query={failed}
							rows={6}
							empty="No trace through here failed in this window."
							actions={<Link href={tracesHref(service, route, "status=error")}>All failed traces</Link>}
						/>
						<TracesPanel
							title="Slowest traces"
							query={slow}
							rows={6}
							empty="No trace through here in this window."
							actions={<Link href={tracesHref(service, route, "order=slowest")}>All by duration</Link>}
						/>
					</div>
					<NewestLogsPanel service={service} />
				</>
			)}
		</div>
	);
}

function tracesHref(service: string, route: string | null, more: string): string {
	const narrowed = route === null ? "" : `&q=${encodeURIComponent(routeQuery(route))}`;
	return `/traces?service=${encodeURIComponent(service)}${narrowed}&${more}`;
}

function durationNote(exemplars: number): string {
	return exemplars === 0 ? "p50 dashed, p95, p99" : `p50, p95, p99 · ${plural(exemplars, "exemplar")}: click one`;
}
