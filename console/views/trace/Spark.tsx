import { memo, type PointerEvent } from "react";
import styles from "./red.module.css";
import { sparkPaths } from "./spark-paths.ts";

export interface Dot {
	timeMs: number;
	value: number;
	/** Of the trace on the page. */
	own: boolean;
	title: string;
	onClick?: () => void;
}

interface SparkProps {
	points: readonly { timeMs: number; value: number | null }[];
	fromMs: number;
	toMs: number;
	stepMs: number;
	/** Where the trace is. */
	markMs: number;
	hoverMs: number | null;
	/** The scale reaches at least this high, so that noise near nothing stays flat. */
	least?: number;
	tone?: "error";
	dots?: readonly Dot[];
	onHover: (ms: number | null) => void;
}

const WIDTH = 72;
const HEIGHT = 24;

/** A chart of one line of type's height. Gaps in the data are gaps in the line. */
export const Spark = memo(function Spark(props: SparkProps) {
	const { points, fromMs, toMs, stepMs, markMs, hoverMs, dots = [] } = props;
	const { line, area, most } = sparkPaths(points, fromMs, toMs, stepMs, WIDTH, HEIGHT, {
		least: props.least ?? 0,
		reach: dots.map((dot) => dot.value),
	});
	const x = (ms: number) => Math.min(WIDTH, Math.max(0, ((ms - fromMs) / (toMs - fromMs)) * WIDTH));
	const y = (value: number) => HEIGHT - 2 - (most > 0 ? value / most : 0) * (HEIGHT - 5);
	const hover = (event: PointerEvent<SVGSVGElement>) => {
		const box = event.currentTarget.getBoundingClientRect();
		props.onHover(fromMs + ((event.clientX - box.left) / box.width) * (toMs - fromMs));
	};
	return (
		<svg
			className={styles.spark}
			data-tone={props.tone}
			viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
			preserveAspectRatio="none"
			aria-hidden="true"
			onPointerMove={hover}
			onPointerLeave={() => props.onHover(null)}
		>
			<path className={styles.sparkArea} d={area} />
			<path className={styles.sparkLine} d={line} vectorEffect="non-scaling-stroke" />
			<line
				className={styles.sparkMark}
				x1={x(markMs)}
				x2={x(markMs)}
				y1={0}
				y2={HEIGHT}
				vectorEffect="non-scaling-stroke"
			/>
			{hoverMs !== null && (
				<line
					className={styles.sparkHover}
					x1={x(hoverMs)}
					x2={x(hoverMs)}
					y1={0}
					y2={HEIGHT}
					vectorEffect="non-scaling-stroke"
				/>
			)}
			{dots.map((dot, i) => {
				const point = `M${x(dot.timeMs)} ${y(dot.value)}h0`;
				return (
					// biome-ignore lint/a11y/noStaticElementInteractions: the same traces can be reached from the service's page by keyboard.
					<g
						// biome-ignore lint/suspicious/noArrayIndexKey: exemplars have no identity but their place in the answer.
						key={i}
						className={styles.sparkDot}
						data-own={dot.own || undefined}
						data-testid={dot.own ? "own-exemplar" : "exemplar"}
						onClick={dot.onClick}
					>
						<title>{dot.title}</title>
						<path d={point} strokeWidth={dot.own ? 7 : 5} vectorEffect="non-scaling-stroke" />
						<path d={point} strokeWidth={dot.own ? 5 : 3} vectorEffect="non-scaling-stroke" />
					</g>
				);
			})}
		</svg>
	);
});
