"use client";
/** One ECharts canvas: fetched lazily, sized to its box, replaced in place when the data change. Dragging across it picks a stretch of time. */
import type { ECElementEvent, EChartsCoreOption, EChartsType } from "echarts/core";
import { type PointerEvent, useEffect, useRef, useState } from "react";
import styles from "./Chart.module.css";
import { joinHoverGroup, sayHover } from "./hover-group.ts";

export interface ChartProps {
	/** Keep it stable between renders (useMemo). */
	option: EChartsCoreOption;
	height: number;
	/** Read aloud: what the chart shows. */
	label: string;
	/** A point was clicked; `event.data` is the series' item. */
	onPoint?: (event: ECElementEvent) => void;
	/** A stretch of the time axis was dragged. */
	onRange?: (fromMs: number, toMs: number) => void;
	/** Charts of one group point at the same moment. */
	group?: string;
	testId?: string;
}

const MIN_DRAG_PX = 6;

export function Chart({ option, height, label, onPoint, onRange, group, testId }: ChartProps) {
	const box = useRef<HTMLDivElement>(null);
	const chart = useRef<EChartsType | null>(null);
	const latest = useRef({ option, onPoint });
	latest.current = { option, onPoint };
	const [pointedX, setPointedX] = useState<number | null>(null);
	const [drag, setDrag] = useState<{ startX: number; x: number } | null>(null);

	useEffect(() => {
		const element = box.current;
		if (element === null) return;
		let live: EChartsType | null = null;
		let gone = false;
		let leave: (() => void) | undefined;
		const observer = new ResizeObserver(() => live?.resize());
		void import("./load-echarts.ts").then(({ echarts }) => {
			if (gone) return;
			live = echarts.init(element, null, { renderer: "canvas" });
			chart.current = live;
			live.setOption(latest.current.option);
			live.on("click", (event) => latest.current.onPoint?.(event as ECElementEvent));
			if (group) {
				const zr = live.getZr();
				zr.on("mousemove", (event) => {
					const at = [event.offsetX, event.offsetY];
					const inside = live?.containPixel({ gridIndex: 0 }, at);
					sayHover(group, inside ? Number(live?.convertFromPixel({ xAxisIndex: 0 }, event.offsetX)) : null, element);
				});
				zr.on("globalout", () => sayHover(group, null, element));
				leave = joinHoverGroup(group, (timeMs, from) => {
					const x = timeMs === null || from === element ? null : live?.convertToPixel({ xAxisIndex: 0 }, timeMs);
					setPointedX(typeof x === "number" && Number.isFinite(x) ? x : null);
				});
			}
			observer.observe(element);
		});
		return () => {
			gone = true;
			leave?.();
			observer.disconnect();
			live?.dispose();
			chart.current = null;
		};
	}, [group]);

	useEffect(() => {
		chart.current?.setOption(option, { replaceMerge: ["series"], lazyUpdate: true });
	}, [option]);

	const xOf = (event: PointerEvent) => event.clientX - (box.current?.getBoundingClientRect().left ?? 0);
	const timeAt = (x: number) => Number(chart.current?.convertFromPixel({ xAxisIndex: 0 }, x));
	const finish = () => {
		if (drag !== null && Math.abs(drag.x - drag.startX) >= MIN_DRAG_PX) {
			const [from, to] = [timeAt(Math.min(drag.x, drag.startX)), timeAt(Math.max(drag.x, drag.startX))];
			if (Number.isFinite(from) && Number.isFinite(to) && to - from >= 1) onRange?.(Math.floor(from), Math.ceil(to));
		}
		setDrag(null);
	};

	return (
		<div
			className={styles.box}
			style={{ height }}
			data-testid={testId}
			{...(onRange && {
				onPointerDown: (event: PointerEvent) => {
					if (event.button === 0 && event.pointerType === "mouse") setDrag({ startX: xOf(event), x: xOf(event) });
				},
				onPointerMove: (event: PointerEvent) => {
					if (drag !== null) setDrag({ ...drag, x: xOf(event) });
				},
				onPointerUp: finish,
				onPointerLeave: () => setDrag(null),
			})}
		>
			<div ref={box} className={styles.canvas} role="img" aria-label={label} />
			{pointedX !== null && <span className={styles.pointed} style={{ left: pointedX }} />}
			{drag !== null && Math.abs(drag.x - drag.startX) >= MIN_DRAG_PX && (
				<span
					className={styles.drag}
					style={{ left: Math.min(drag.x, drag.startX), width: Math.abs(drag.x - drag.startX) }}
				/>
			)}
		</div>
	);
}
