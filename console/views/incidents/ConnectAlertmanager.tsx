import { CodeLines } from "../../ui/CodeLines.tsx";
import { Panel } from "../../ui/Panel.tsx";
import styles from "./ConnectAlertmanager.module.css";
import { sampleAlert, webhookConfig } from "./connect-lines.ts";

/** How alerts get here. `first`: instead of a list that has nothing yet. */
export function ConnectAlertmanager({ first = false }: { first?: boolean }) {
	const origin = typeof location === "undefined" ? "http://localhost:3000" : location.origin;
	return (
		<Panel title={first ? "No incident yet" : "Alerts"} note={`${origin}/api/alerts`} testId="connect-alertmanager">
			<div className={styles.lines}>
				{first && (
					<p>
						Alertmanager tells this console what fires and what is over. Each group of alerts becomes an incident, with
						links to its service's traces, logs and metrics around that time. This page fills in by itself.
					</p>
				)}
				<section>
					<h3>In alertmanager.yml</h3>
					<CodeLines text={webhookConfig(origin)} label="In alertmanager.yml" />
					<p>
						Where the console demands a token, add <code>http_config: {"{authorization: {credentials: TOKEN}}"}</code>.
						An alert's service is its label <code>service_name</code>, <code>service</code>, <code>job</code> or{" "}
						<code>app</code>.
					</p>
				</section>
				{first && (
					<section>
						<h3>Or try it by hand</h3>
						<CodeLines text={sampleAlert(origin)} label="An alert by hand" />
					</section>
				)}
			</div>
		</Panel>
	);
}
