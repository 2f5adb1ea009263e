"use client";
import { useMemo } from "react";
import type { LogRecordAnswer } from "../../client/api.ts";
import { useSetTimeRange } from "../../client/time-range.ts";
import { Chart } from "../../ui/chart/Chart.tsx";
import { GRID, pointTime, timeAxis, tooltipBox, tooltipContent, valueAxis } from "../../ui/chart/chart-style.ts";
import { formatCount } from "../../ui/format.ts";
import type { Token } from "../../ui/theme.ts";
import { type Paint, usePaint } from "../../ui/use-paint.ts";
import { type LogVolume, logVolume, VOLUME_LEVELS, type VolumeLevel } from "./log-volume.ts";

const COLORS: Record<VolumeLevel, Token> = { debug: "line-strong", info: "ink-4", warn: "warn", error: "error" };

/** When the lines of the list came, by level; dragging across it narrows the window. */
export function LogVolumeChart({ records }: { records: readonly LogRecordAnswer[] }) {
	const paint = usePaint();
	const setTimeRange = useSetTimeRange();
	const option = useMemo(() => volumeOption(logVolume(records), paint), [records, paint]);
	return (
		<Chart
			option={option}
			height={92}
			label={`When the ${records.length} lines came, by level`}
			onRange={(fromMs, toMs) => setTimeRange({ from: String(fromMs), to: String(toMs) })}
		/>
	);
}

function volumeOption(volume: LogVolume | null, paint: Paint) {
	return {
		animation: false,
		grid: GRID,
		xAxis: timeAxis(paint, volume ?? { fromMs: 0, toMs: 1 }),
		yAxis: valueAxis(paint, formatCount, { splitNumber: 2, minInterval: 1 }),
		tooltip: {
			...tooltipBox(paint),
			trigger: "axis",
			axisPointer: { type: "shadow" },
			formatter: (items: unknown) => tooltip(items, volume, paint),
		},
		series: VOLUME_LEVELS.map((level) => ({
			id: level,
			type: "bar",
			stack: "level",
			barWidth: volume === null ? 0 : `${Math.max(40, 82 - 90 / volume.counts.info.length)}%`,
			itemStyle: { color: paint.token(COLORS[level]) },
			emphasis: { disabled: true },
			data: (volume?.counts[level] ?? []).map((count, bar) => [barTime(volume, bar), count]),
		})),
	};
}

function barTime(volume: LogVolume | null, bar: number): number {
	return volume === null ? 0 : volume.fromMs + (bar + 0.5) * volume.stepMs;
}

function tooltip(items: unknown, volume: LogVolume | null, paint: Paint): HTMLElement | string {
	const index = (items as { dataIndex: number }[])[0]?.dataIndex;
	if (index === undefined || volume === null) return "";
	const rows = [...VOLUME_LEVELS]
		.reverse()
		.filter((level) => (volume.counts[level][index] ?? 0) > 0)
		.map((level) => ({
			color: paint.token(COLORS[level]),
			label: level,
			value: formatCount(volume.counts[level][index] ?? 0),
		}));
	return tooltipContent(pointTime(volume.fromMs + index * volume.stepMs), rows);
}
