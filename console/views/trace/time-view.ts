/** The stretch of time the waterfall shows, and what dragging, scrolling and keys make of it. All times are nanoseconds from the trace's start. */

export interface TimeView {
	fromNs: number;
	toNs: number;
}

/** The whole trace; never of zero width, so that a trace of instants can be drawn. */
export function wholeView(fromNs: number, toNs: number): TimeView {
	return toNs > fromNs ? { fromNs, toNs } : { fromNs, toNs: fromNs + 1000 };
}

/** Not narrower than a microsecond (or a ten-millionth, where numbers of nanoseconds get too coarse), not beyond the whole. */
export function clampView(view: TimeView, whole: TimeView): TimeView {
	const all = whole.toNs - whole.fromNs;
	const least = Math.min(all, Math.max(1000, all / 1e7));
	const width = Math.min(all, Math.max(least, view.toNs - view.fromNs));
	const fromNs = Math.min(Math.max(view.fromNs, whole.fromNs), whole.toNs - width);
	return { fromNs, toNs: fromNs + width };
}

export const isWhole = (view: TimeView, whole: TimeView): boolean =>
	view.fromNs <= whole.fromNs && view.toNs >= whole.toNs;

/** `factor` below 1 zooms in; the time `atNs` stays where it is on the screen. */
export function zoomAt(view: TimeView, whole: TimeView, atNs: number, factor: number): TimeView {
	const all = whole.toNs - whole.fromNs;
	const least = Math.min(all, Math.max(1000, all / 1e7));
	const width = view.toNs - view.fromNs;
	const next = Math.min(all, Math.max(least, width * factor));
	const share = (atNs - view.fromNs) / width;
	const fromNs = atNs - share * next;
	return clampView({ fromNs, toNs: fromNs + next }, whole);
}

/** Moves by a share of what is on the screen. */
export function panBy(view: TimeView, whole: TimeView, share: number): TimeView {
	const step = (view.toNs - view.fromNs) * share;
	return clampView({ fromNs: view.fromNs + step, toNs: view.toNs + step }, whole);
}

/** What a drag from one pixel to another (in either direction) selects; null when it was only a click. */
export function brushView(
	within: TimeView,
	whole: TimeView,
	fromPx: number,
	toPx: number,
	widthPx: number,
): TimeView | null {
	if (widthPx <= 0 || Math.abs(toPx - fromPx) < 4) return null;
	const a = timeAt(within, Math.min(fromPx, toPx), widthPx);
	const b = timeAt(within, Math.max(fromPx, toPx), widthPx);
	return clampView({ fromNs: a, toNs: b }, whole);
}

export function timeAt(view: TimeView, px: number, widthPx: number): number {
	const share = Math.min(1, Math.max(0, px / widthPx));
	return view.fromNs + share * (view.toNs - view.fromNs);
}

/** Widens the view so far (and moves it so far) that the stretch is in it with some air; the same view when it already is. */
export function showStretch(view: TimeView, whole: TimeView, fromNs: number, toNs: number): TimeView {
	if (fromNs < view.toNs && toNs > view.fromNs) return view;
	const width = Math.max(view.toNs - view.fromNs, (toNs - fromNs) * 1.2);
	const middle = (fromNs + toNs) / 2;
	return clampView({ fromNs: middle - width / 2, toNs: middle + width / 2 }, whole);
}

/** Round times (1, 2 or 5 times a power of ten) inside the view, at most `most` of them. */
export function ticks(view: TimeView, most: number): number[] {
	const width = view.toNs - view.fromNs;
	if (!(width > 0) || most < 1) return [];
	const rough = width / most;
	const power = 10 ** Math.floor(Math.log10(rough));
	const step = [1, 2, 5, 10].map((times) => times * power).find((candidate) => candidate >= rough) ?? 10 * power;
	const found: number[] = [];
	for (let i = Math.ceil(view.fromNs / step); i * step < view.toNs && found.length < most; i++) found.push(i * step);
	return found;
}

/** `1200000_3400000` (nanoseconds), as in the URL. */
export function formatView(view: TimeView): string {
	return `${Math.round(view.fromNs)}_${Math.round(view.toNs)}`;
}

/** null for anything that is not a stretch of time. */
export function parseView(text: string, whole: TimeView): TimeView | null {
	const match = /^(-?\d{1,18})_(-?\d{1,18})$/.exec(text);
	if (!match) return null;
	const view = { fromNs: Number(match[1]), toNs: Number(match[2]) };
	return view.toNs > view.fromNs && view.fromNs < whole.toNs && view.toNs > whole.fromNs
		? clampView(view, whole)
		: null;
}
