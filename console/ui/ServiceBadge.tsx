import { Link, serviceHref } from "./Link.tsx";
import styles from "./ServiceBadge.module.css";
import { serviceColor } from "./service-color.ts";

/** A service's name behind its colour. `link`: to its page. */
export function ServiceBadge({ service, link = false }: { service: string; link?: boolean }) {
	const inner = (
		<>
			<span className={styles.swatch} style={{ background: serviceColor(service) }} />
			<span className={styles.name}>{service}</span>
		</>
	);
	return link ? (
		<Link href={serviceHref(service)} className={`${styles.badge} ${styles.link}`} title={service}>
			{inner}
		</Link>
	) : (
		<span className={styles.badge} title={service}>
			{inner}
		</span>
	);
}
