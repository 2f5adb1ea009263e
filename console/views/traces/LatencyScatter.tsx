"use client";
import { useMemo } from "react";
import type { TraceSummaryAnswer } from "../../client/api.ts";
import { useSetTimeRange } from "../../client/time-range.ts";
import { Chart } from "../../ui/chart/Chart.tsx";
import type { PlotWindow } from "../../ui/chart/chart-style.ts";
import { traceHref, useNavigate } from "../../ui/Link.tsx";
import { usePaint } from "../../ui/use-paint.ts";
import { scatterOption } from "./scatter-option.ts";

/** Each point a trace: when it began, how long it took, in its root service's colour; failed ones red. */
export function LatencyScatter({
	traces,
	window,
}: {
	traces: readonly TraceSummaryAnswer[];
	window: PlotWindow | null;
}) {
	const paint = usePaint();
	const navigate = useNavigate();
	const setTimeRange = useSetTimeRange();
	const option = useMemo(() => scatterOption(traces, window, paint), [traces, window, paint]);
	return (
		<Chart
			option={option}
			height={152}
			label={`Durations of ${traces.length} traces over time`}
			onPoint={(event) => {
				const traceId = (event.data as { traceId?: string } | undefined)?.traceId;
				if (traceId) navigate(traceHref(traceId));
			}}
			onRange={(fromMs, toMs) => setTimeRange({ from: String(fromMs), to: String(toMs) })}
		/>
	);
}
