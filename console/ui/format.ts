/** How numbers and times are written everywhere: three significant digits, a thin unit, no guessing. */

/** Three significant digits, no trailing zeros after the point, no exponent. */
function digits(value: number): string {
	const size = Math.abs(value);
	if (size >= 99.95) return String(Math.round(value));
	if (size >= 9.995) return value.toFixed(1).replace(/\.0$/, "");
	return value.toFixed(2).replace(/\.?0+$/, "");
}

/** `0 ns`, `850 ns`, `12.5 µs`, `3.2 ms`, `1.24 s`, `2 m 05 s`, `3 h 12 m`, `2 d 4 h`. */
export function formatDuration(durationNs: number): string {
	if (durationNs < 0) return `−${formatDuration(-durationNs)}`;
	if (durationNs < 1e3) return `${digits(durationNs)} ns`;
	if (durationNs < 999.5e3) return `${digits(durationNs / 1e3)} µs`;
	if (durationNs < 999.5e6) return `${digits(durationNs / 1e6)} ms`;
	if (durationNs < 59.95e9) return `${digits(durationNs / 1e9)} s`;
	const seconds = Math.round(durationNs / 1e9);
	if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, "0")} s`;
	if (seconds < 86_400) {
		return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")} m`;
	}
	const hours = Math.floor((seconds % 86_400) / 3600);
	return `${Math.floor(seconds / 86_400)} d${hours === 0 ? "" : ` ${hours} h`}`;
}

/** As `formatDuration`, for milliseconds that may be missing. */
export function formatMs(ms: number | null | undefined): string {
	return ms === null || ms === undefined ? "–" : formatDuration(ms * 1e6);
}

/** Calls per second: `0.03/s`, `4.2/s`, `1.3 k/s`; below one in a hundred seconds, per minute or hour. */
export function formatRate(perSecond: number): string {
	if (perSecond === 0) return "0/s";
	if (perSecond < 0.0095)
		return perSecond * 60 >= 0.095 ? `${digits(perSecond * 60)}/min` : `${digits(perSecond * 3600)}/h`;
	return `${formatCount(perSecond)}/s`;
}

/** `0 %`, `0.02 %`, `4.1 %`, `100 %`; a rate that is not nothing never reads as nothing. */
export function formatPercent(ratio: number): string {
	if (ratio > 0 && ratio < 0.0001) return "<0.01 %";
	if (ratio < 1 && ratio > 0.9999) return ">99.99 %";
	return `${digits(ratio * 100)} %`;
}

/** `0`, `942`, `1.2 k`, `34.5 M`, `1.1 G`. */
export function formatCount(value: number): string {
	const size = Math.abs(value);
	if (size < 999.5) return digits(value);
	if (size < 999.5e3) return `${digits(value / 1e3)} k`;
	if (size < 999.5e6) return `${digits(value / 1e6)} M`;
	return `${digits(value / 1e9)} G`;
}

/** Whole numbers with thin groups: `12 345 678`. */
export function formatWhole(value: number): string {
	return Math.round(value)
		.toString()
		.replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}

/** `512 B`, `1.5 KiB`, `2.3 GiB`. */
export function formatBytes(bytes: number): string {
	const units = ["B", "KiB", "MiB", "GiB", "TiB"];
	let value = bytes;
	let unit = 0;
	while (Math.abs(value) >= 1000 && unit < units.length - 1) {
		value /= 1024;
		unit++;
	}
	return `${digits(value)} ${units[unit]}`;
}

const two = (value: number) => String(value).padStart(2, "0");

/** Local `14:03:07`. */
export function formatClock(ms: number): string {
	const date = new Date(ms);
	return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Local `2026-11-21`. */
export function formatDate(ms: number): string {
	const date = new Date(ms);
	return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Local `14:03:07.123` when it lies on the day of `nowMs`, else `11-20 14:03:07`: the same width for columns. */
export function formatTime(unixNano: string, nowMs: number = Date.now()): string {
	const ms = unixNanoToMs(unixNano);
	if (formatDate(ms) !== formatDate(nowMs)) return `${formatDate(ms).slice(5)} ${formatClock(ms)}`;
	return `${formatClock(ms)}.${fraction(unixNano).slice(0, 3)}`;
}

/** Local time with every nanosecond: `2026-11-21 14:03:07.123 456 789`. */
export function formatTimeNano(unixNano: string): string {
	const ms = unixNanoToMs(unixNano);
	return `${formatDate(ms)} ${formatClock(ms)}.${fraction(unixNano).replace(/(\d{3})(?=\d)/g, "$1\u202f")}`;
}

/** The nine digits after the second. */
export function fraction(unixNano: string): string {
	const nano = BigInt(unixNano);
	const rest = ((nano % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
	return rest.toString().padStart(9, "0");
}

/** Whole epoch milliseconds, rounded down. */
export function unixNanoToMs(unixNano: string): number {
	const nano = BigInt(unixNano);
	return Number((nano - (((nano % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n);
}

/** `just now`, `12 s ago`, `4 min ago`, `3 h ago`, `5 d ago`, the date after two months; `in 3 s` for the future. */
export function formatAgo(ms: number, nowMs: number = Date.now()): string {
	const seconds = Math.round((nowMs - ms) / 1000);
	if (seconds > 60 * 86_400) return formatDate(ms);
	if (seconds < -1) return `in ${span(-seconds)}`;
	return seconds < 2 ? "just now" : `${span(seconds)} ago`;
}

function span(seconds: number): string {
	if (seconds < 60) return `${seconds} s`;
	if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
	if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
	return `${Math.floor(seconds / 86_400)} d`;
}

/** `9f2e01ab…d818`: enough to tell trace IDs apart at a glance. */
export function shortId(id: string): string {
	return id.length <= 14 ? id : `${id.slice(0, 8)}…${id.slice(-4)}`;
}

/** `one span`, `12 spans`, `1.2 k spans`. */
export function plural(count: number, singular: string, many = `${singular}s`): string {
	return `${formatCount(count)} ${count === 1 ? singular : many}`;
}

/** From here on a share of failed calls is trouble and is shown in red: 1 %. */
export const TROUBLE = 0.01;
