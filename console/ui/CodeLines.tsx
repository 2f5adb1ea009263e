import styles from "./CodeLines.module.css";
import { CopyButton } from "./CopyButton.tsx";

/** Lines to paste into a shell, with a button that copies them. */
export function CodeLines({ text, label }: { text: string; label: string }) {
	return (
		<div className={styles.box}>
			<section className={styles.scroll} aria-label={label}>
				<pre className={styles.text}>{text}</pre>
			</section>
			<div className={styles.copy}>
				<CopyButton text={text} label={`Copy: ${label}`} />
			</div>
		</div>
	);
}
