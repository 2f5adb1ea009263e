/** What all charts have in common: quiet axes, local times, and a tooltip made of text nodes (data are never markup). */
import { formatClock, formatDate } from "../format.ts";
import { SANS } from "../theme.ts";
import type { Paint } from "../use-paint.ts";

const FONT_SIZE = 10.5;

export interface PlotWindow {
	fromMs: number;
	toMs: number;
}

export function timeAxis(paint: Paint, { fromMs, toMs }: PlotWindow) {
	const days = toMs - fromMs > 36 * 3600_000;
	const seconds = toMs - fromMs < 10 * 60_000;
	const label = (ms: number): string => {
		if (days) return formatDate(ms).slice(5);
		if (toMs - fromMs < 4_000) return `${formatClock(ms).slice(3)}.${String(Math.floor(ms) % 1000).padStart(3, "0")}`;
		return formatClock(ms).slice(0, seconds ? 8 : 5);
	};
	return {
		type: "time",
		min: fromMs,
		max: toMs,
		splitNumber: 4,
		axisLine: { lineStyle: { color: paint.token("line-strong") } },
		axisTick: { show: false },
		axisLabel: {
			color: paint.token("ink-3"),
			fontSize: FONT_SIZE,
			fontFamily: SANS,
			hideOverlap: true,
			showMinLabel: false,
			showMaxLabel: false,
			margin: 6,
			formatter: label,
		},
		axisPointer: { lineStyle: { color: paint.token("ink-4"), type: "solid", width: 1 }, label: { show: false } },
	};
}

export function valueAxis(paint: Paint, format: (value: number) => string, extra: object = {}) {
	return {
		type: "value",
		min: 0,
		splitNumber: 3,
		axisLine: { show: false },
		axisTick: { show: false },
		splitLine: { lineStyle: { color: paint.token("line"), width: 1 } },
		axisLabel: {
			color: paint.token("ink-3"),
			fontSize: FONT_SIZE,
			fontFamily: SANS,
			formatter: (value: number) => (value === 0 ? "0" : format(value)),
		},
		...extra,
	};
}

export const GRID = { left: 52, right: 10, top: 8, bottom: 20 };

export interface TooltipRow {
	color?: string;
	label: string;
	value: string;
}

/** A tooltip's content as elements: whatever is in a name stays text. */
export function tooltipContent(title: string, rows: readonly TooltipRow[], note?: string): HTMLElement {
	const root = document.createElement("div");
	root.style.cssText = "display:grid;gap:2px;min-width:120px;font-variant-numeric:tabular-nums";
	root.append(textElement(title, "font-weight:600;margin-bottom:2px"));
	for (const row of rows) {
		const line = document.createElement("div");
		line.style.cssText = "display:flex;align-items:center;gap:6px;white-space:nowrap";
		const swatch = document.createElement("i");
		swatch.style.cssText = `width:8px;height:8px;border-radius:2px;flex:none;background:${row.color ?? "transparent"}`;
		line.append(
			swatch,
			textElement(row.label, "opacity:.75"),
			textElement(row.value, "margin-left:auto;padding-left:14px;font-weight:500"),
		);
		root.append(line);
	}
	if (note) root.append(textElement(note, "opacity:.65;margin-top:2px"));
	return root;
}

function textElement(text: string, style: string): HTMLElement {
	const element = document.createElement("span");
	element.textContent = text;
	element.style.cssText = style;
	return element;
}

export function tooltipBox(paint: Paint) {
	return {
		confine: false,
		appendTo: "body",
		backgroundColor: paint.token("raised"),
		borderColor: paint.token("line-strong"),
		borderWidth: 1,
		padding: [7, 10],
		textStyle: { color: paint.token("ink"), fontSize: 11.5, lineHeight: 16, fontFamily: SANS },
		extraCssText: `border-radius:8px;box-shadow:${paint.token("shadow")};`,
		transitionDuration: 0,
	};
}

/** `Nov 21 14:03:05`. */
export function pointTime(ms: number): string {
	return `${formatDate(ms).slice(5)} ${formatClock(ms)}`;
}
