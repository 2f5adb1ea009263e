/** What an alert means, where to look first, what to do: a section of docs/runbooks.md, a click away from the incident. */
import { Link } from "../../ui/Link.tsx";
import { PageHeader } from "../../ui/PageHeader.tsx";
import { Panel } from "../../ui/Panel.tsx";
import page from "../../ui/page.module.css";
import styles from "./RunbookView.module.css";
import type { Piece, Runbook } from "./runbooks.ts";

export function RunbookView({ runbook, others }: { runbook: Runbook; others: readonly string[] }) {
	return (
		<div className={page.scroll}>
			<PageHeader title={runbook.name} actions={<Link href="/incidents">Incidents</Link>} />
			<Panel title="Runbook" testId="runbook">
				<div className={styles.text}>
					{runbook.paragraphs.map((pieces) => (
						<p key={pieces.map(({ text }) => text).join("")}>{pieces.map(inline)}</p>
					))}
				</div>
			</Panel>
			<Panel title="Other alerts">
				<nav className={styles.others} aria-label="Other alerts">
					{others.map((name) => (
						<Link key={name} href={`/runbooks/${name}`}>
							{name}
						</Link>
					))}
				</nav>
			</Panel>
		</div>
	);
}

function inline({ kind, text }: Piece) {
	if (kind === "bold") return <strong key={text}>{text}</strong>;
	if (kind === "code") return <code key={text}>{text}</code>;
	return text;
}
