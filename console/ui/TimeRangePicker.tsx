"use client";
/** Picks the window every page looks at: one of the usual ones, all there is, or two moments. */
import { Popover } from "@mantine/core";
import { useState } from "react";
import { useStatus } from "../client/queries.ts";
import { useSetTimeRange, useTimeRange } from "../client/time-range.ts";
import { Icon } from "./Icon.tsx";
import { IconButton } from "./IconButton.tsx";
import styles from "./TimeRangePicker.module.css";
import { epochMs, QUICK_RANGES, windowLabel } from "./time-label.ts";

export function TimeRangePicker() {
	const { from, to } = useTimeRange();
	const set = useSetTimeRange();
	const [open, setOpen] = useState(false);
	const now = Date.now();

	/** Half a window to the left or right. */
	const shift = (direction: -1 | 1) => {
		const start = epochMs(from, now);
		const end = epochMs(to, now);
		if (start === null || end === null) return;
		const step = Math.round((end - start) / 2) * direction;
		set({ from: String(start + step), to: String(end + step) });
	};

	return (
		<div className={styles.group}>
			<IconButton icon="left" label="Earlier" className={styles.step} onClick={() => shift(-1)} />
			<Popover opened={open} onChange={setOpen} position="bottom-end" offset={6} trapFocus returnFocus>
				<Popover.Target>
					<button
						type="button"
						className={styles.button}
						data-testid="time-range"
						aria-label={`Time range: ${windowLabel(from, to, now)}`}
						onClick={() => setOpen((was) => !was)}
					>
						<Icon name="clock" size={14} />
						<span suppressHydrationWarning>{windowLabel(from, to, now)}</span>
						<Icon name="down" size={12} />
					</button>
				</Popover.Target>
				<Popover.Dropdown className={styles.dropdown}>
					{open && <Choices close={() => setOpen(false)} />}
				</Popover.Dropdown>
			</Popover>
			<IconButton icon="right" label="Later" className={styles.step} onClick={() => shift(1)} />
		</div>
	);
}

function Choices({ close }: { close: () => void }) {
	const { from, to } = useTimeRange();
	const set = useSetTimeRange();
	const { data: status } = useStatus();
	const now = Date.now();
	const [start, setStart] = useState(localInput(epochMs(from, now) ?? now - 900_000));
	const [end, setEnd] = useState(localInput(epochMs(to, now) ?? now));
	const startMs = Date.parse(start);
	const endMs = Date.parse(end);
	const problem =
		Number.isNaN(startMs) || Number.isNaN(endMs)
			? "Give both times."
			: startMs >= endMs
				? "From must be before to."
				: null;
	const pick = (range: { from: string; to: string }) => {
		set(range);
		close();
	};
	const held = status?.dataWindow;

	return (
		<>
			<div className={styles.quick}>
				{QUICK_RANGES.map((range) => (
					<button
						key={range.from}
						type="button"
						className={styles.choice}
						aria-pressed={to === "now" && from === range.from}
						onClick={() => pick({ from: range.from, to: "now" })}
					>
						{range.label}
					</button>
				))}
			</div>
			<form
				className={styles.exact}
				onSubmit={(event) => {
					event.preventDefault();
					if (problem === null) pick({ from: String(startMs), to: String(endMs) });
				}}
			>
				<label>
					From
					<input type="datetime-local" step="1" value={start} onChange={(event) => setStart(event.target.value)} />
				</label>
				<label>
					To
					<input type="datetime-local" step="1" value={end} onChange={(event) => setEnd(event.target.value)} />
				</label>
				<p className={styles.problem} role="status">
					{problem ?? "Your local time."}
				</p>
				<button type="submit" className={styles.apply} disabled={problem !== null}>
					Apply
				</button>
				{held && (
					<button
						type="button"
						className={styles.all}
						data-testid="all-data"
						onClick={() => pick({ from: String(Math.floor(held.fromMs)), to: String(Math.ceil(held.toMs) + 1) })}
					>
						<b>Everything stored</b>
						<span className="num">{windowLabel(String(held.fromMs), String(held.toMs), now)}</span>
					</button>
				)}
			</form>
		</>
	);
}

/** Epoch milliseconds as `datetime-local` wants them, in local time. */
function localInput(ms: number): string {
	const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
	return local.toISOString().slice(0, 19);
}
