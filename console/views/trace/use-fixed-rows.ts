import { type RefObject, useEffect, useState } from "react";
import { flushSync } from "react-dom";

export interface RowRange {
	/** Inclusive. */
	first: number;
	/** Exclusive. */
	last: number;
}

/**
 * The positions that a scroller of rows of one height shows, with `overscan` more on either side. All rows have one height, so that no
 * position is ever measured or stored: a list of 100,000 costs what a list of 40 does.
 */
export function useFixedRows(
	scroller: RefObject<HTMLElement | null>,
	count: number,
	rowPx: number,
	overscan: number,
): RowRange {
	const [range, setRange] = useState<RowRange>({ first: 0, last: Math.min(count, 48) });
	useEffect(() => {
		const element = scroller.current;
		if (!element) return;
		const read = (): RowRange => ({
			first: Math.max(0, Math.floor(element.scrollTop / rowPx) - overscan),
			last: Math.min(count, Math.ceil((element.scrollTop + element.clientHeight) / rowPx) + overscan),
		});
		const same = (a: RowRange, b: RowRange) => a.first === b.first && a.last === b.last;
		const update = () => setRange((now) => (same(now, read()) ? now : read()));
		// Within the scroll event's own frame: rows are there before the browser paints, so a jump never shows blank space.
		const onScroll = () => flushSync(update);
		const observer = new ResizeObserver(update);
		update();
		observer.observe(element);
		element.addEventListener("scroll", onScroll, { passive: true });
		return () => {
			observer.disconnect();
			element.removeEventListener("scroll", onScroll);
		};
	}, [scroller, count, rowPx, overscan]);
	return { first: Math.min(range.first, count), last: Math.min(range.last, count) };
}
