import type { Status } from "../../client/api.ts";
import { useSetTimeRange, useTimeRange } from "../../client/time-range.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Link } from "../../ui/Link.tsx";
import { windowLabel } from "../../ui/time-label.ts";
import styles from "./NothingHere.module.css";

export interface NothingHereProps {
	/** What the store holds at all, and whether it takes data in itself. */
	status: Pick<Status, "dataWindow" | "capabilities" | "stores"> | undefined;
	reason?: string | undefined;
	/** What was looked for. */
	title?: string;
}

/** Nothing in this window: says where there is something, and goes there. */
export function NothingHere({ status, reason, title = "Nothing in this window" }: NothingHereProps) {
	const { hideDemo } = useTimeRange();
	const dataWindow = status?.dataWindow ?? null;
	const setTimeRange = useSetTimeRange();
	return (
		<EmptyState title={title} icon="clock">
			{hideDemo ? (
				<p>
					The demo's telemetry is hidden.{" "}
					<button type="button" className={styles.action} onClick={() => setTimeRange({ hideDemo: false })}>
						Show it again
					</button>
				</p>
			) : (
				reason && <p className={styles.reason}>{reason}</p>
			)}
			{dataWindow && (
				<p>
					<button
						type="button"
						className={styles.action}
						onClick={() =>
							setTimeRange({ from: String(Math.floor(dataWindow.fromMs)), to: String(Math.ceil(dataWindow.toMs) + 1) })
						}
					>
						Show everything stored
					</button>{" "}
					<span className="num">({windowLabel(String(dataWindow.fromMs), String(dataWindow.toMs), Date.now())})</span>
				</p>
			)}
			<p>
				{status?.capabilities.ingest === false ? (
					<>Whether the engines answer is on </>
				) : (
					<>How much arrives, and whether something was refused, is on </>
				)}
				<Link href="/status">Status</Link>.
			</p>
		</EmptyState>
	);
}
