import type { ReactNode } from "react";
import styles from "./Panel.module.css";

export interface PanelProps {
	title: ReactNode;
	/** Beside the title, quieter: what is counted, over what. */
	note?: ReactNode;
	/** At the right end: links, switches. */
	actions?: ReactNode;
	children: ReactNode;
	className?: string;
	testId?: string;
}

/** A titled part of a page. */
export function Panel({ title, note, actions, children, className, testId }: PanelProps) {
	return (
		<section className={`${styles.panel} ${className ?? ""}`} data-testid={testId}>
			<header className={styles.header}>
				<h2>{title}</h2>
				{note !== undefined && <span className={styles.note}>{note}</span>}
				{actions !== undefined && <div className={styles.actions}>{actions}</div>}
			</header>
			{children}
		</section>
	);
}
