import styles from "./LiveNote.module.css";
import type { Reading } from "./use-reading.ts";

/** The last line of a live list: how much there is. */
export function LiveNote({ loading, text }: { loading: boolean; text: string }) {
	return (
		<p className={`${styles.note} num`} role="status">
			{loading ? "Loading more…" : text}
		</p>
	);
}

/** In the page's header while a live list waits for its reader. */
export function FollowButton({ reading }: { reading: Reading }) {
	if (!reading.paused) return null;
	return (
		<button type="button" className={styles.follow} data-testid="follow" onClick={reading.follow}>
			Waiting while you read: follow again
		</button>
	);
}
