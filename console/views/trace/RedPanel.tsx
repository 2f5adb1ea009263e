import { useQuery } from "@tanstack/react-query";
import { type CSSProperties, memo, useMemo, useState } from "react";
import type { ExemplarAnswer, RedSeriesAnswer } from "../../../server/api/schema.ts";
import { api } from "../../client/api.ts";
import { formatClock, formatDuration, formatMs, formatPercent, formatRate } from "../../ui/format.ts";
import { Link, serviceHref, traceHref, useNavigate } from "../../ui/Link.tsx";
import { serviceColor } from "../../ui/service-color.ts";
import panelStyles from "./panel.module.css";
import styles from "./red.module.css";
import { SectionInfo, SectionNote } from "./SectionInfo.tsx";
import { type Dot, Spark } from "./Spark.tsx";
import type { TraceModel } from "./trace-model.ts";

interface RedPanelProps {
	model: TraceModel;
	spotlight: string | null;
	onSpotlight: (service: string | null) => void;
}

/** Rate, errors and p95 of every service in the trace around its time: was it only this request, or everyone's? */
export const RedPanel = memo(function RedPanel({ model, spotlight, onSpotlight }: RedPanelProps) {
	const { red, tree } = model;
	const [hover, setHover] = useState<number | null>(null);
	const traceMs = Number(model.startUnixNano / 1_000_000n);
	const exemplars = useExemplars(model);
	const order = useMemo(() => new Map(tree.services.map((service, i) => [service, i])), [tree]);
	const services = useMemo(
		() => [...red.services].sort((a, b) => (order.get(a.service) ?? 999) - (order.get(b.service) ?? 999)),
		[red.services, order],
	);
	const withMetrics = new Set(services.map((series) => series.service));
	const without = (model.facts?.services ?? []).filter(({ service }) => !withMetrics.has(service));
	return (
		<section className={panelStyles.panel} aria-label="RED of the services in this trace">
			<header className={panelStyles.panelHead}>
				<h2>RED</h2>
				<span className={panelStyles.panelNote}>
					{red.window &&
						(hover === null
							? `${formatClock(red.window.fromMs)} – ${formatClock(red.window.toMs)}`
							: formatClock(hover))}
				</span>
				<SectionInfo section={red} name="RED" />
			</header>
			<div className={panelStyles.panelBody}>
				<SectionNote section={red} what="RED metrics" empty={services.length === 0} />
				{services.length > 0 && (
					<div className={styles.redHead} aria-hidden="true">
						<span>Service</span>
						<span>Rate</span>
						<span>Errors</span>
						<span>p95</span>
					</div>
				)}
				{services.map((series) => (
					<RedRow
						key={series.service}
						series={series}
						stepMs={red.stepMs}
						window={red.window}
						traceMs={traceMs}
						traceId={model.traceId}
						exemplars={exemplars.get(series.service) ?? NONE}
						hoverMs={hover}
						lit={spotlight === series.service}
						onHover={setHover}
						onSpotlight={onSpotlight}
					/>
				))}
				{services.length > 0 && without.length > 0 && (
					<p className={panelStyles.hint}>
						Not measured in this window:{" "}
						{without
							.slice(0, 12)
							.map(({ service }) => service)
							.join(", ")}
						{without.length > 12 && ` and ${without.length - 12} more`}
					</p>
				)}
			</div>
		</section>
	);
});

/** What every metric's name ends in says nothing beside a chart of durations. */
const shortSource = (source: string): string => source.replace(/_(duration_)?(milli)?seconds$/, "");

const NONE: readonly ExemplarAnswer[] = [];
const MOST_A_SERVICE = 40;

/** The trace's own exemplars, and (loaded after) those of other traces in the window, which lead to them. */
function useExemplars(model: TraceModel): Map<string, ExemplarAnswer[]> {
	const window = model.red.window;
	const others = useQuery({
		queryKey: ["pivot-exemplars", model.traceId, window?.fromMs, window?.toMs],
		queryFn: ({ signal }) =>
			api.exemplars({ from: String(window!.fromMs), to: String(Math.ceil(window!.toMs)) }, signal),
		enabled: window !== null && model.red.services.length > 0,
		staleTime: Number.POSITIVE_INFINITY,
		retry: false,
	});
	return useMemo(() => {
		const found = new Map<string, ExemplarAnswer[]>();
		const own = model.exemplars.items.filter((item) => inMs(item) !== null);
		const rest = (others.data?.items ?? []).filter((item) => item.traceId !== model.traceId && inMs(item) !== null);
		for (const item of [...own, ...rest]) {
			const list = found.get(item.service);
			if (list === undefined) found.set(item.service, [item]);
			else if (list.length < MOST_A_SERVICE) list.push(item);
		}
		return found;
	}, [model, others.data]);
}

/** A latency exemplar's value in milliseconds; null for exemplars of anything else. */
function inMs(item: ExemplarAnswer): number | null {
	if (item.unit === "s" || item.unit === "seconds" || (item.unit === "" && item.metric.endsWith("_seconds")))
		return item.value * 1000;
	if (item.unit === "ms" || item.unit === "milliseconds") return item.value;
	return null;
}

interface RedRowProps {
	series: RedSeriesAnswer;
	stepMs: number;
	window: { fromMs: number; toMs: number } | null;
	traceMs: number;
	traceId: string;
	exemplars: readonly ExemplarAnswer[];
	hoverMs: number | null;
	lit: boolean;
	onHover: (ms: number | null) => void;
	onSpotlight: (service: string | null) => void;
}

const RedRow = memo(function RedRow(props: RedRowProps) {
	const { series, stepMs, window, traceMs, exemplars, hoverMs, lit } = props;
	const navigate = useNavigate();
	const { points, service } = series;
	const fromMs = window?.fromMs ?? points[0]?.timeMs ?? traceMs;
	const toMs = window?.toMs ?? (points.at(-1)?.timeMs ?? traceMs) + stepMs;
	const atMs = hoverMs ?? traceMs;
	const point = points.find((candidate) => candidate.timeMs <= atMs && atMs < candidate.timeMs + stepMs);
	const dots: Dot[] = exemplars.map((item) => {
		const own = item.traceId === props.traceId;
		const value = inMs(item)!;
		return {
			timeMs: item.timeMs,
			value,
			own,
			title: `${own ? "this trace" : "another trace"}: ${formatDuration(value * 1e6)} at ${formatClock(item.timeMs)}${item.route ? `, ${item.route}` : ""}`,
			...(item.traceId === null || own ? {} : { onClick: () => navigate(traceHref(item.traceId!, item.spanId)) }),
		};
	});
	const shared = { fromMs, toMs, stepMs, markMs: traceMs, hoverMs, onHover: props.onHover };
	return (
		<div
			className={styles.redRow}
			data-testid="red-row"
			data-service={service}
			data-lit={lit || undefined}
			style={{ "--service": serviceColor(service) } as CSSProperties}
		>
			<span className={styles.redName}>
				<button
					type="button"
					className={styles.redSwatch}
					aria-pressed={lit}
					title={lit ? "Show all services" : `Show only ${service} in the waterfall`}
					onClick={() => props.onSpotlight(lit ? null : service)}
				/>
				<span>
					<Link href={serviceHref(service)} title={`${service}: open the service`}>
						{service}
					</Link>
					<i title={`Numbers from ${series.source}`}>{shortSource(series.source)}</i>
				</span>
			</span>
			<span className={styles.redCell}>
				<Spark {...shared} points={points.map((p) => ({ timeMs: p.timeMs, value: p.rate }))} />
				<b className="num">{point ? formatRate(point.rate) : "–"}</b>
			</span>
			<span className={styles.redCell} data-bad={(point?.errorRate ?? 0) > 0 || undefined}>
				<Spark
					{...shared}
					least={0.02}
					tone="error"
					points={points.map((p) => ({ timeMs: p.timeMs, value: p.errorRate }))}
				/>
				<b className="num">{point ? formatPercent(point.errorRate) : "–"}</b>
			</span>
			<span className={styles.redCell}>
				<Spark {...shared} dots={dots} points={points.map((p) => ({ timeMs: p.timeMs, value: p.p95Ms }))} />
				<b className="num">{formatMs(point?.p95Ms)}</b>
			</span>
		</div>
	);
});
