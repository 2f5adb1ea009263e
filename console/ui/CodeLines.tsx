import styles from "./CodeLines.module.css";
import { CopyButton } from "./CopyButton.tsx";

/** Lines to paste into a shell, with a button that copies them. */
export function CodeLines({ text, label }: { text: string; label: string }) {
	return (
		<div className={styles.box}>
			<pre className={styles.text} tabIndex={0} role="region" aria-label={label}>
				{text}
			</pre>
			<div className={styles.copy}>
				<CopyButton text={text} label={`Copy: ${label}`} />
			</div>
		</div>
	);
}
