import type { ReactNode } from "react";
import styles from "./PageHeader.module.css";

/** The page's own title line: what this is, its figures, its actions. */
export function PageHeader({
	title,
	children,
	actions,
}: {
	title: ReactNode;
	children?: ReactNode;
	actions?: ReactNode;
}) {
	return (
		<header className={styles.header}>
			<h1>{title}</h1>
			{children !== undefined && <div className={styles.facts}>{children}</div>}
			{actions !== undefined && <div className={styles.actions}>{actions}</div>}
		</header>
	);
}

/** One figure of a header: a small label and its value. */
export function Fact({
	label,
	children,
	tone,
}: {
	label: string;
	children: ReactNode;
	tone?: "error" | "warn" | "ok";
}) {
	return (
		<span className={styles.fact} data-tone={tone}>
			<span className={styles.label}>{label}</span> <b className="num">{children}</b>
		</span>
	);
}
