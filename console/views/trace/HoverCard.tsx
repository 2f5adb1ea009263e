import { LevelTag } from "../../ui/LevelTag.tsx";
import { formatOffset } from "./format-offset.ts";
import styles from "./logs.module.css";
import type { TraceLogs } from "./trace-logs.ts";

export interface DotHover {
	lines: readonly number[];
	x: number;
	y: number;
}

const MOST_LINES = 6;

/** The lines behind a dot, where the pointer is. One card for the whole waterfall. */
export function HoverCard({ hover, logs }: { hover: DotHover; logs: TraceLogs }) {
	const width = 420;
	const left = Math.max(8, Math.min(hover.x - 24, window.innerWidth - width - 8));
	const below = hover.y + 180 < window.innerHeight;
	return (
		<div
			className={styles.hoverCard}
			role="tooltip"
			data-testid="log-card"
			style={{
				left,
				maxWidth: width,
				...(below ? { top: hover.y + 8 } : { bottom: window.innerHeight - hover.y + 20 }),
			}}
		>
			{hover.lines.slice(0, MOST_LINES).map((line) => {
				const record = logs.records[line];
				if (!record) return null;
				return (
					<p key={line}>
						<span className="num">{formatOffset(logs.atNs[line]!)}</span>
						<LevelTag level={record.level} />
						<span>{record.body.slice(0, 400)}</span>
					</p>
				);
			})}
			{hover.lines.length > MOST_LINES && <p>and {hover.lines.length - MOST_LINES} more</p>}
		</div>
	);
}
