import styles from "./Skeleton.module.css";

/** Holds the place of one thing that is on its way. */
export function Skeleton({ width = "100%", height = 12 }: { width?: number | string; height?: number | string }) {
	return <span className={styles.bar} style={{ width, height }} aria-hidden="true" />;
}

const WIDTHS = ["62%", "48%", "71%", "55%", "66%", "43%", "58%", "74%"];

/** Holds the place of a list, row by row, so that nothing moves when it comes. */
export function SkeletonRows({ rows, rowHeight }: { rows: number; rowHeight: number }) {
	return (
		<div className={styles.rows} role="status" aria-label="Loading">
			{Array.from({ length: rows }, (_, row) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: rows without content have no other key
				<div key={row} className={styles.row} style={{ height: rowHeight }}>
					<Skeleton width={14} height={8} />
					<Skeleton width={WIDTHS[row % WIDTHS.length] ?? "60%"} height={8} />
				</div>
			))}
		</div>
	);
}
