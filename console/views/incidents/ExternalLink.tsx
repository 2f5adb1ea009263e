import type { ReactNode } from "react";
import { Icon } from "../../ui/Icon.tsx";
import styles from "./ExternalLink.module.css";

/** To another site, in another tab, which learns nothing of this one. The API gives http and https only; this trusts nobody. */
export function ExternalLink({ href, children }: { href: string; children: ReactNode }) {
	if (!/^https?:\/\//i.test(href)) return null;
	return (
		<a className={styles.link} href={href} target="_blank" rel="noopener noreferrer" title={href}>
			{children}
			<Icon name="external" size={11} />
		</a>
	);
}
