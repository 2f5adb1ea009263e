"use client";
import { useMemo } from "react";
import type { ExemplarAnswer, RedSeriesAnswer } from "../../client/api.ts";
import { useSetTimeRange } from "../../client/time-range.ts";
import { traceHref, useNavigate } from "../Link.tsx";
import { usePaint } from "../use-paint.ts";
import { Chart } from "./Chart.tsx";
import type { PlotWindow } from "./chart-style.ts";
import { type ExemplarPoint, type RedMetric, redOption } from "./red-option.ts";

export interface RedChartProps {
	metric: RedMetric;
	/** undefined while it is on its way: the axes are there already. */
	series: RedSeriesAnswer | undefined;
	window: PlotWindow;
	stepMs: number;
	/** Drawn on the duration chart; a click opens the trace. */
	exemplars?: readonly ExemplarAnswer[];
	markMs?: number | undefined;
	height?: number;
	/** Charts of one group share the crosshair. */
	group?: string;
	testId?: string;
}

const NO_EXEMPLARS: readonly ExemplarAnswer[] = [];
const WORDS: Record<RedMetric, string> = {
	rate: "Calls per second",
	errors: "Share of failed calls",
	duration: "Duration: p50, p95, p99",
};

/** One of rate, errors and duration over time. Dragging across it makes that the page's window. */
export function RedChart({
	metric,
	series,
	window,
	stepMs,
	exemplars,
	markMs,
	height = 150,
	group,
	testId,
}: RedChartProps) {
	const paint = usePaint();
	const navigate = useNavigate();
	const setTimeRange = useSetTimeRange();
	const option = useMemo(
		() => redOption({ metric, series, window, stepMs, exemplars: exemplars ?? NO_EXEMPLARS, markMs }, paint),
		[metric, series, window, stepMs, exemplars, markMs, paint],
	);
	return (
		<Chart
			option={option}
			height={height}
			label={`${WORDS[metric]}${series ? ` of ${series.service} ${series.route ?? ""}` : ""}`}
			{...(group ? { group } : {})}
			{...(testId ? { testId } : {})}
			onRange={(fromMs, toMs) => setTimeRange({ from: String(fromMs), to: String(toMs) })}
			onPoint={(event) => {
				const point = event.data as Partial<ExemplarPoint> | undefined;
				if (point?.traceId) navigate(traceHref(point.traceId, point.spanId ?? null));
			}}
		/>
	);
}
