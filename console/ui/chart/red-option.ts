/** Rate, errors and duration of one service or route as charts. */
import type { EChartsCoreOption } from "echarts/core";
import type { ExemplarAnswer, RedSeriesAnswer } from "../../client/api.ts";
import { formatCount, formatMs, formatPercent, formatRate, shortId } from "../format.ts";
import type { Paint } from "../use-paint.ts";
import { GRID, type PlotWindow, pointTime, timeAxis, tooltipBox, tooltipContent, valueAxis } from "./chart-style.ts";
import { exemplarMs } from "./duration-exemplars.ts";

export type RedMetric = "rate" | "errors" | "duration";

export interface RedPlot {
	metric: RedMetric;
	series: RedSeriesAnswer | undefined;
	window: PlotWindow;
	stepMs: number;
	exemplars: readonly ExemplarAnswer[];
	/** A line here: the trace one is looking at. */
	markMs?: number | undefined;
}

/** What a click on an exemplar gives. */
export interface ExemplarPoint {
	traceId: string;
	spanId: string | null;
}

type Point = RedSeriesAnswer["points"][number];

export function redOption(plot: RedPlot, paint: Paint): EChartsCoreOption {
	const { series, window, stepMs, markMs } = plot;
	const points = withGaps(wholeEnough(series?.points ?? [], window, stepMs), stepMs);
	const line = (name: string, color: string, value: (point: Point) => number | null, extra: object = {}) => ({
		id: name,
		name,
		type: "line",
		showSymbol: false,
		symbol: "circle",
		symbolSize: 5,
		lineStyle: { color, width: 1.4 },
		itemStyle: { color },
		data: points.map(([timeMs, point]) => [timeMs, point === null ? null : value(point)]),
		emphasis: { disabled: true },
		...extra,
	});
	const accent = series === undefined ? paint.token("ink-3") : paint.service(series.service);
	const lines =
		plot.metric === "rate"
			? [line("rate", accent, (point) => point.rate, { areaStyle: { color: accent, opacity: 0.13 } })]
			: plot.metric === "errors"
				? [errorBars(points, stepMs, paint)]
				: [
						line("p99", paint.token("ink-4"), (point) => point.p99Ms, {
							lineStyle: { color: paint.token("ink-4"), width: 1 },
						}),
						line("p95", accent, (point) => point.p95Ms),
						line("p50", accent, (point) => point.p50Ms, { lineStyle: { color: accent, width: 1.2, type: [3, 3] } }),
					];
	if (markMs !== undefined && lines[0]) Object.assign(lines[0], markLine(markMs, paint));
	const format = plot.metric === "rate" ? formatRate : plot.metric === "errors" ? formatPercent : formatMs;
	// Where there is next to nothing the scale still says so; otherwise round numbers.
	const least = plot.metric === "errors" ? 0.012 : plot.metric === "rate" ? 0.12 : 1.2;
	const axis = { max: ({ max }: { max: number }) => (max < least ? least : null) };
	return {
		animation: false,
		aria: { enabled: false },
		grid: GRID,
		xAxis: timeAxis(paint, window),
		yAxis: valueAxis(paint, format, axis),
		tooltip: {
			...tooltipBox(paint),
			trigger: "axis",
			axisPointer: { type: "line" },
			formatter: (items: unknown) => tooltip(items, points, plot, accent, paint),
		},
		series: plot.metric === "duration" ? [...lines, exemplarDots(plot.exemplars, window, paint)] : lines,
	};
}

/** Where a step has no point the line breaks: nothing was measured there. */
function withGaps(points: readonly Point[], stepMs: number): [number, Point | null][] {
	const out: [number, Point | null][] = [];
	for (const point of points) {
		const last = out.at(-1);
		if (last !== undefined && point.timeMs - last[0] > 1.5 * stepMs) out.push([last[0] + stepMs, null]);
		out.push([point.timeMs, point]);
	}
	return out;
}

function errorBars(points: readonly [number, Point | null][], stepMs: number, paint: Paint) {
	return {
		id: "errors",
		name: "errors",
		type: "bar",
		barWidth: "72%",
		itemStyle: { color: paint.token("error") },
		data: points.map(([timeMs, point]) => [timeMs + stepMs / 2, point?.errorRate ?? null]),
		emphasis: { disabled: true },
		barMinHeight: 0,
	};
}

function exemplarDots(exemplars: readonly ExemplarAnswer[], { fromMs, toMs }: PlotWindow, paint: Paint) {
	return {
		id: "exemplars",
		name: "exemplars",
		type: "scatter",
		symbol: "diamond",
		symbolSize: 7,
		z: 5,
		cursor: "pointer",
		itemStyle: { color: paint.token("plane"), borderColor: paint.token("accent"), borderWidth: 1.3 },
		emphasis: { scale: 1.5 },
		data: longestOfEachPlace(
			exemplars.filter(({ traceId, timeMs }) => traceId !== null && timeMs >= fromMs && timeMs < toMs),
			{
				fromMs,
				toMs,
			},
		).map((item) => ({
			value: [item.timeMs, exemplarMs(item)],
			traceId: item.traceId,
			spanId: item.spanId,
			route: item.route,
		})),
		tooltip: { trigger: "item" },
	};
}

const PLACES = 40;

/** Diamonds side by side, not on top of each other: of those that fall into one fortieth of the window the longest is drawn. */
function longestOfEachPlace(exemplars: readonly ExemplarAnswer[], { fromMs, toMs }: PlotWindow): ExemplarAnswer[] {
	const longest = new Map<number, ExemplarAnswer>();
	for (const item of exemplars) {
		const place = Math.floor(((item.timeMs - fromMs) / (toMs - fromMs)) * PLACES);
		const other = longest.get(place);
		if (other === undefined || (exemplarMs(item) ?? 0) > (exemplarMs(other) ?? 0)) longest.set(place, item);
	}
	return [...longest.values()];
}

function markLine(markMs: number, paint: Paint) {
	return {
		markLine: {
			silent: true,
			symbol: "none",
			label: { show: false },
			lineStyle: { color: paint.token("ink"), type: "solid", width: 1 },
			data: [{ xAxis: markMs }],
		},
	};
}

interface TooltipItem {
	seriesId?: string;
	axisValue?: number;
	value?: [number, number];
	data?: { traceId?: string; route?: string | null };
}

function tooltip(
	items: unknown,
	points: readonly [number, Point | null][],
	{ metric, stepMs }: RedPlot,
	color: string,
	paint: Paint,
): HTMLElement | string {
	const list = (Array.isArray(items) ? items : [items]) as TooltipItem[];
	const dot = list.find((item) => item.seriesId === "exemplars" && item.data?.traceId);
	if (dot?.value && (list.length === 1 || !Array.isArray(items))) {
		return tooltipContent(
			pointTime(dot.value[0]),
			[
				{ color: paint.token("accent"), label: "exemplar", value: formatMs(dot.value[1]) },
				{ label: "trace", value: shortId(dot.data?.traceId ?? "") },
				...(dot.data?.route ? [{ label: "route", value: dot.data.route }] : []),
			],
			"Click to open its trace",
		);
	}
	const at = list.find((item) => item.seriesId !== "exemplars")?.value?.[0] ?? list[0]?.axisValue;
	if (at === undefined) return "";
	// Bars stand in the middle of their step.
	const point = nearest(points, metric === "errors" ? at - stepMs / 2 : at);
	if (point === null) return "";
	if (metric === "rate") {
		return tooltipContent(pointTime(point.timeMs), [
			{ color, label: "rate", value: formatRate(point.rate) },
			{ label: "calls", value: wholeCalls(point.calls) },
		]);
	}
	if (metric === "errors") {
		return tooltipContent(pointTime(point.timeMs), [
			{ color: paint.token("error"), label: "failed", value: formatPercent(point.errorRate) },
			{ label: "errors", value: `${wholeCalls(point.errors)} of ${wholeCalls(point.calls)}` },
		]);
	}
	return tooltipContent(pointTime(point.timeMs), [
		{ color: paint.token("ink-4"), label: "p99", value: formatMs(point.p99Ms) },
		{ color, label: "p95", value: formatMs(point.p95Ms) },
		{ color, label: "p50", value: formatMs(point.p50Ms) },
		{ label: "calls", value: wholeCalls(point.calls) },
	]);
}

/** Counts read off histograms are interpolated; calls are whole. */
function wholeCalls(count: number): string {
	return formatCount(Math.round(count));
}

function nearest(points: readonly [number, Point | null][], timeMs: number): Point | null {
	let best: Point | null = null;
	for (const [, point] of points) {
		if (point !== null && (best === null || Math.abs(point.timeMs - timeMs) < Math.abs(best.timeMs - timeMs)))
			best = point;
	}
	return best;
}

/** A last point that covers little of its step is a few calls scaled up: it comes with the next look. */
export function wholeEnough<T extends { timeMs: number }>(
	points: readonly T[],
	window: PlotWindow,
	stepMs: number,
): readonly T[] {
	const last = points.at(-1);
	return points.length > 1 && last !== undefined && window.toMs - last.timeMs < stepMs / 2
		? points.slice(0, -1)
		: points;
}
