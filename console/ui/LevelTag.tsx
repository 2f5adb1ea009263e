import styles from "./LevelTag.module.css";

/** A log line's level in five letters. */
export function LevelTag({ level }: { level: string }) {
	return (
		<span className={styles.level} data-level={level}>
			{level === "unspecified" ? "–" : level.toUpperCase()}
		</span>
	);
}
