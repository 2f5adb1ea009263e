import { useDemo } from "../../client/queries.ts";
import { Icon } from "../../ui/Icon.tsx";
import { Link } from "../../ui/Link.tsx";
import styles from "./DemoNote.module.css";

/** Which faults of the demo are on, or that there are some to switch on. */
export function DemoNote({ running }: { running: boolean }) {
	const demo = useDemo({ enabled: running });
	if (!running || !demo.data || demo.data.faults.length === 0) return null;
	const on = demo.data.faults.filter((fault) => fault.enabled);
	return (
		<Link href="/status" className={styles.note} data-on={on.length > 0 || undefined} data-testid="demo-note">
			<Icon name="bolt" size={13} />
			{on.length === 0
				? "The demo shop runs well: switch on a fault and find it"
				: `Demo ${on.length === 1 ? "fault" : "faults"} on: ${on.map((fault) => fault.title).join(", ")}`}
		</Link>
	);
}
