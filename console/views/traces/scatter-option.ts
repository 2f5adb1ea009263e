import type { EChartsCoreOption } from "echarts/core";
import type { TraceSummaryAnswer } from "../../client/api.ts";
import {
	GRID,
	type PlotWindow,
	pointTime,
	timeAxis,
	tooltipBox,
	tooltipContent,
	valueAxis,
} from "../../ui/chart/chart-style.ts";
import { formatDuration, formatMs, plural, unixNanoToMs } from "../../ui/format.ts";
import type { Paint } from "../../ui/use-paint.ts";

/** Below this (milliseconds) a logarithmic axis has no room; shorter traces sit on it. */
const FLOOR_MS = 0.01;

interface Item {
	value: [number, number];
	traceId: string;
	trace: TraceSummaryAnswer;
	itemStyle: { color: string; opacity: number };
}

export function scatterOption(
	traces: readonly TraceSummaryAnswer[],
	window: PlotWindow | null,
	paint: Paint,
): EChartsCoreOption {
	const items = traces.map((trace): Item => {
		const failed = trace.errorCount > 0 || trace.status === "error";
		return {
			value: [unixNanoToMs(trace.startUnixNano), Math.max(FLOOR_MS, trace.durationNs / 1e6)],
			traceId: trace.traceId,
			trace,
			itemStyle: {
				color: failed ? paint.token("error") : paint.service(trace.rootService),
				opacity: failed ? 0.95 : 0.6,
			},
		};
	});
	return {
		animation: false,
		grid: { ...GRID, top: 10 },
		xAxis: timeAxis(paint, window ?? { fromMs: 0, toMs: 1 }),
		yAxis: valueAxis(paint, formatMs, { ...durationExtent(items), type: "log" }),
		tooltip: {
			...tooltipBox(paint),
			trigger: "item",
			formatter: (point: unknown) => tooltip((point as { data: Item }).data.trace, paint),
		},
		series: [
			{
				id: "traces",
				type: "scatter",
				symbolSize: 7,
				cursor: "pointer",
				data: items,
				emphasis: { scale: 1.6, itemStyle: { opacity: 1 } },
			},
		],
	};
}

/** Whole decades around the points. */
function durationExtent(items: readonly Item[]): { min: number; max: number } {
	if (items.length === 0) return { min: 1, max: 1000 };
	const values = items.map((item) => item.value[1]);
	return {
		min: 10 ** Math.floor(Math.log10(Math.min(...values))),
		max: 10 ** Math.max(1, Math.ceil(Math.log10(Math.max(...values)))),
	};
}

function tooltip(trace: TraceSummaryAnswer, paint: Paint): HTMLElement {
	return tooltipContent(
		trace.rootName,
		[
			{ color: paint.service(trace.rootService), label: trace.rootService, value: formatDuration(trace.durationNs) },
			{ label: "spans", value: String(trace.spanCount) },
			...(trace.errorCount > 0
				? [{ color: paint.token("error"), label: "failed", value: plural(trace.errorCount, "span") }]
				: []),
		],
		`${pointTime(unixNanoToMs(trace.startUnixNano))} · click to open`,
	);
}
