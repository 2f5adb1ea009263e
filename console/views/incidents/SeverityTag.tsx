import styles from "./SeverityTag.module.css";
import { severityTone } from "./severity.ts";

/** The alert's own word for how bad it is, in the colour of what that means; without one it says what it does. */
export function SeverityTag({ severity, firing }: { severity: string | null; firing: boolean }) {
	return (
		<span className={styles.tag} data-tone={severityTone(severity, firing)} title={severity ?? undefined}>
			{severity ?? (firing ? "firing" : "resolved")}
		</span>
	);
}
