import { formatBytes, formatClock, formatDate, formatDuration, formatWhole } from "../../ui/format.ts";

/** A fact's value in words, as its unit says. */
export function factText(value: unknown, unit: string): string {
	if (typeof value === "number") {
		if (unit === "bytes" || unit === "By" || unit === "B") return formatBytes(value);
		if (unit === "ms") return value > 1e11 ? `${formatDate(value)} ${formatClock(value)}` : formatDuration(value * 1e6);
		if (unit === "h") return formatDuration(value * 3600e9);
		if (unit === "s") return formatDuration(value * 1e9);
		const figure = Number.isInteger(value) ? formatWhole(value) : String(Math.round(value * 1000) / 1000);
		return unit === "" || unit === "1" ? figure : `${figure} ${unit}`;
	}
	const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "–");
	return unit === "" ? text : `${text} ${unit}`;
}
