/** A small line or row of bars over a fixed window; gaps stay gaps. Stretches to its box. */
import { memo, useId } from "react";
import styles from "./Sparkline.module.css";

export interface SparkPoint {
	timeMs: number;
	/** null: nothing known at that time. */
	value: number | null;
}

export interface SparklineProps {
	points: readonly SparkPoint[];
	/** The window drawn; the points' own when absent. */
	fromMs?: number | undefined;
	toMs?: number | undefined;
	/** Top of the scale; the largest value when absent. At least `floor`. */
	max?: number | undefined;
	/** The scale never ends below this, so that noise around nothing looks like nothing. */
	floor?: number | undefined;
	color?: string;
	kind?: "line" | "bars";
	height?: number;
	/** A line at this time (the trace one is looking at). */
	markMs?: number | undefined;
	/** Dots, e.g. exemplars. */
	dots?: readonly { timeMs: number; value: number; color?: string }[];
	/** Read aloud. */
	label: string;
}

const W = 200;

export const Sparkline = memo(function Sparkline(props: SparklineProps) {
	const { points, color = "var(--ink-3)", kind = "line", height = 22, markMs, dots = [], label } = props;
	const clip = useId();
	const from = props.fromMs ?? points[0]?.timeMs ?? 0;
	const to = props.toMs ?? points.at(-1)?.timeMs ?? 1;
	const values = points.map((point) => point.value ?? 0);
	const max = Math.max(props.max ?? Math.max(0, ...values), props.floor ?? 0, 1e-12);
	const x = (ms: number) => ((ms - from) / Math.max(1, to - from)) * W;
	const y = (value: number) => height - 1 - (Math.min(value, max) / max) * (height - 3);
	const runs = kind === "line" ? solidRuns(points) : [];
	const barWidth = points.length > 1 ? Math.max(1, (x(points[1]?.timeMs ?? 0) - x(points[0]?.timeMs ?? 0)) * 0.78) : 3;

	return (
		<svg
			className={styles.spark}
			viewBox={`0 0 ${W} ${height}`}
			preserveAspectRatio="none"
			height={height}
			role="img"
			aria-label={label}
		>
			<clipPath id={clip}>
				<rect x="0" y="0" width={W} height={height} />
			</clipPath>
			<line className={styles.base} x1="0" x2={W} y1={height - 0.5} y2={height - 0.5} />
			<g clipPath={`url(#${clip})`}>
				{runs.map((run) => {
					const line = run.map((point) => `${x(point.timeMs).toFixed(2)},${y(point.value).toFixed(2)}`).join("L");
					const first = run[0];
					const last = run.at(-1);
					if (first === undefined || last === undefined) return null;
					return (
						<g key={first.timeMs}>
							<path
								d={`M${x(first.timeMs).toFixed(2)},${height}L${line}L${x(last.timeMs).toFixed(2)},${height}Z`}
								fill={color}
								opacity="0.13"
							/>
							<path className={styles.line} d={`M${line}${run.length === 1 ? "h1.500" : ""}`} stroke={color} />
						</g>
					);
				})}
				{kind === "bars" &&
					points.map(
						(point) =>
							point.value !== null &&
							point.value > 0 && (
								<rect
									key={point.timeMs}
									x={x(point.timeMs)}
									y={Math.min(y(point.value), height - 2)}
									width={barWidth}
									height={height - Math.min(y(point.value), height - 2)}
									fill={color}
								/>
							),
					)}
				{markMs !== undefined && <line className={styles.mark} x1={x(markMs)} x2={x(markMs)} y1="0" y2={height} />}
				{dots.map((dot) => (
					<path
						key={`${dot.timeMs} ${dot.value}`}
						className={styles.dot}
						d={`M${x(dot.timeMs)},${y(dot.value)}h0`}
						stroke={dot.color ?? color}
					/>
				))}
			</g>
		</svg>
	);
});

type Solid = { timeMs: number; value: number };

/** Stretches of points that have a value. */
function solidRuns(points: readonly SparkPoint[]): Solid[][] {
	const runs: Solid[][] = [];
	let open = false;
	for (const { timeMs, value } of points) {
		if (value === null) open = false;
		else if (open) runs.at(-1)?.push({ timeMs, value });
		else {
			runs.push([{ timeMs, value }]);
			open = true;
		}
	}
	return runs;
}
