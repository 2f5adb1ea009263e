import styles from "./DurationBar.module.css";
import { formatDuration } from "./format.ts";
import { serviceColor } from "./service-color.ts";

export interface DurationPart {
	service: string;
	/** Any unit; shares of the sum are drawn. */
	weight: number;
}

/** A duration as a figure and a bar against the longest one beside it; the bar is split by service where parts are given. */
export function DurationBar({
	durationNs,
	maxNs,
	parts,
}: {
	durationNs: number;
	maxNs: number;
	parts?: readonly DurationPart[];
}) {
	const share = maxNs > 0 ? Math.max(0.006, Math.min(1, durationNs / maxNs)) : 0;
	const sum = parts?.reduce((total, part) => total + part.weight, 0) ?? 0;
	return (
		<span className={styles.duration}>
			<span className={styles.track}>
				<span className={styles.bar} style={{ width: `${share * 100}%` }}>
					{sum > 0 ? (
						parts?.map((part) => (
							<i key={part.service} style={{ flexGrow: part.weight, background: serviceColor(part.service) }} />
						))
					) : (
						<i style={{ flexGrow: 1, background: "var(--ink-3)" }} />
					)}
				</span>
			</span>
			<span className={`${styles.figure} num`}>{formatDuration(durationNs)}</span>
		</span>
	);
}
