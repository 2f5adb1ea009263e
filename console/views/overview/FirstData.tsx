import { CodeLines } from "../../ui/CodeLines.tsx";
import { Link } from "../../ui/Link.tsx";
import page from "../../ui/page.module.css";
import styles from "./FirstData.module.css";
import { sendLines } from "./send-lines.ts";

/** Before anything arrived: how to send the first data. The page changes by itself when it does. */
export function FirstData({ endpoint }: { endpoint: string | null }) {
	return (
		<div className={page.scroll}>
			<div className={styles.first} data-testid="first-data">
				<header>
					<h1>Waiting for the first data</h1>
					<p>
						<i className={styles.pulse} />
						{endpoint === null ? (
							<>This console reads from other engines and receives nothing itself. Their state is on </>
						) : (
							<>
								Listening for OTLP/HTTP on <code>{endpoint}</code>. This page fills in by itself. What was refused, and
								why, is on{" "}
							</>
						)}
						<Link href="/status">Status</Link>.
					</p>
				</header>
				{endpoint !== null &&
					sendLines(endpoint).map((lines) => (
						<section key={lines.id}>
							<h2>{lines.title}</h2>
							<p>{lines.note}</p>
							<CodeLines text={lines.text} label={lines.title} />
						</section>
					))}
				{endpoint !== null && (
					<p className={styles.foot}>
						Or look around first: <code>npm start</code> without <code>--no-demo</code> brings a demo shop with live
						traffic.
					</p>
				)}
			</div>
		</div>
	);
}
