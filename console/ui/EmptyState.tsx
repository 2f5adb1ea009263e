import type { ReactNode } from "react";
import styles from "./EmptyState.module.css";
import { Icon, type IconName } from "./Icon.tsx";

export interface EmptyStateProps {
	/** What is not there, as a short sentence. */
	title: string;
	/** Why, and what to do: sentences, links, lines to copy. */
	children?: ReactNode;
	icon?: IconName;
	/** For panels: less air. */
	compact?: boolean;
}

/** Says why there is nothing and what to do next. */
export function EmptyState({ title, children, icon = "search", compact = false }: EmptyStateProps) {
	return (
		<div className={styles.empty} data-compact={compact || undefined} data-testid="empty-state">
			<Icon name={icon} size={compact ? 16 : 20} />
			<p className={styles.title}>{title}</p>
			{children !== undefined && <div className={styles.body}>{children}</div>}
		</div>
	);
}
