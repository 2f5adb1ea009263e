import styles from "./LiveNote.module.css";

/** The last line of a live list: how much there is, and whether it waits for the reader. */
export function LiveNote({ paused, loading, text }: { paused: boolean; loading: boolean; text: string }) {
	return (
		<p className={`${styles.note} num`} role="status">
			{loading ? "Loading more…" : text}
			{paused && " · waiting while you read; scroll to the top to follow again"}
		</p>
	);
}
