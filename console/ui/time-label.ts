/** A window in words. */
import { parseTime } from "../../core/time.ts";
import { formatClock, formatDate } from "./format.ts";

export const QUICK_RANGES = [
	{ from: "now-5m", label: "Last 5 min" },
	{ from: "now-15m", label: "Last 15 min" },
	{ from: "now-30m", label: "Last 30 min" },
	{ from: "now-1h", label: "Last hour" },
	{ from: "now-3h", label: "Last 3 hours" },
	{ from: "now-6h", label: "Last 6 hours" },
	{ from: "now-12h", label: "Last 12 hours" },
	{ from: "now-1d", label: "Last 24 hours" },
	{ from: "now-2d", label: "Last 2 days" },
	{ from: "now-7d", label: "Last 7 days" },
] as const;

/** `Last 15 min`, `Nov 21 14:00 – 15:30`; what it cannot read is shown as it stands. */
export function windowLabel(from: string, to: string, nowMs: number): string {
	if (to === "now") {
		const quick = QUICK_RANGES.find((range) => range.from === from);
		if (quick) return quick.label;
		if (from.startsWith("now-")) return `Last ${from.slice(4)}`;
	}
	const start = epochMs(from, nowMs);
	const end = epochMs(to, nowMs);
	if (start === null || end === null) return `${from} – ${to}`;
	const sameDay = formatDate(start) === formatDate(end);
	const until = to === "now" ? "now" : sameDay ? shortClock(end) : `${day(end, nowMs)} ${shortClock(end)}`;
	return `${day(start, nowMs)} ${shortClock(start)} – ${until}`;
}

/** Epoch milliseconds of what the API would read, null when it would refuse. */
export function epochMs(text: string, nowMs: number): number | null {
	try {
		return Number(parseTime(text, nowMs) / 1_000_000n);
	} catch {
		return null;
	}
}

function shortClock(ms: number): string {
	const clock = formatClock(ms);
	return clock.endsWith(":00") ? clock.slice(0, 5) : clock;
}

function day(ms: number, nowMs: number): string {
	const date = new Date(ms);
	const month = date.toLocaleString("en", { month: "short" });
	const year = date.getFullYear() === new Date(nowMs).getFullYear() ? "" : ` ${date.getFullYear()}`;
	return `${month} ${date.getDate()}${year}`;
}
