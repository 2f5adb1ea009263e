"use client";
/**
 * A long list of which only the visible part exists. Keys `j` and `k` move the mark, Enter opens what is marked; reaching the end asks for
 * more. Rows may change their height (an opened log line); nothing above the reader moves.
 */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import { useShortcuts } from "./shortcuts.ts";
import styles from "./VirtualList.module.css";

export interface VirtualListProps<T> {
	items: readonly T[];
	/** Pixels; measured afterwards. */
	rowHeight: number;
	keyOf: (item: T) => string;
	row: (item: T, marked: boolean) => ReactNode;
	/** Enter on the marked row. */
	onOpen?: (item: T) => void;
	/** The end came into view. */
	onEnd?: () => void;
	/** Whether the first row is in view: live lists pause while one reads further down. */
	onTop?: (atTop: boolean) => void;
	/** Given the box that scrolls. */
	scroller?: RefObject<HTMLDivElement | null>;
	label: string;
	testId?: string;
	/** After the last row. */
	footer?: ReactNode;
	/** Above the rows, stays in view. */
	header?: ReactNode;
}

export function VirtualList<T>(props: VirtualListProps<T>) {
	const { items, rowHeight, keyOf, row, onOpen, onEnd, onTop, label, testId, footer, header } = props;
	const own = useRef<HTMLDivElement>(null);
	const scroller = props.scroller ?? own;
	const [markedKey, setMarkedKey] = useState<string | null>(null);
	const virtual = useVirtualizer({
		count: items.length,
		getScrollElement: () => scroller.current,
		estimateSize: () => rowHeight,
		overscan: 12,
		getItemKey: (index) => keyOf(items[index] as T),
	});
	const rows = virtual.getVirtualItems();
	const last = rows.at(-1)?.index ?? -1;

	useEffect(() => {
		if (last >= items.length - 1 && items.length > 0) onEnd?.();
	}, [last, items.length, onEnd]);

	const move = (step: number) => {
		if (items.length === 0) return;
		const at = items.findIndex((item) => keyOf(item) === markedKey);
		const next = at === -1 ? (rows[0]?.index ?? 0) : Math.min(items.length - 1, Math.max(0, at + step));
		setMarkedKey(keyOf(items[next] as T));
		virtual.scrollToIndex(next, { align: "auto" });
	};
	useShortcuts({
		j: () => move(1),
		k: () => move(-1),
		enter: (event) => {
			const marked = items.find((item) => keyOf(item) === markedKey);
			const onControl = event.target instanceof HTMLElement && event.target.closest("a,button") !== null;
			if (marked !== undefined && !onControl) onOpen?.(marked);
		},
		escape: () => setMarkedKey(null),
	});

	return (
		<div
			ref={scroller}
			className={styles.scroller}
			data-testid={testId}
			onScroll={(event) => onTop?.(event.currentTarget.scrollTop < rowHeight)}
		>
			{header && <div className={styles.header}>{header}</div>}
			<ul className={styles.list} style={{ height: virtual.getTotalSize() }} aria-label={label}>
				{rows.map((place) => {
					const item = items[place.index] as T;
					const marked = keyOf(item) === markedKey;
					return (
						<li
							key={place.key}
							ref={virtual.measureElement}
							data-index={place.index}
							className={styles.row}
							style={{ transform: `translateY(${place.start}px)` }}
							data-marked={marked || undefined}
							aria-setsize={items.length}
							aria-posinset={place.index + 1}
						>
							{row(item, marked)}
						</li>
					);
				})}
			</ul>
			{footer}
		</div>
	);
}
