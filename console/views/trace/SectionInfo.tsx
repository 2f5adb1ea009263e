import { CopyButton, Popover } from "@mantine/core";
import { formatClock, formatDate } from "../../ui/format.ts";
import styles from "./panel.module.css";
import type { Section } from "./trace-model.ts";

/** Where a panel's numbers come from: the source in sight, the window and the query to run again on demand. */
export function SectionInfo({ section, name }: { section: Section; name: string }) {
	return (
		<Popover position="bottom-end" width={380} withinPortal>
			<Popover.Target>
				<button type="button" className={styles.source} data-status={section.status} aria-label={`Source of ${name}`}>
					{section.status !== "ok" && <b>{section.status}</b>}
					{section.source || "source unknown"}
				</button>
			</Popover.Target>
			<Popover.Dropdown className={styles.sourceCard}>
				{section.reason && <p>{section.reason}</p>}
				<dl>
					<dt>Source</dt>
					<dd>{section.source || "not stated"}</dd>
					<dt>Window</dt>
					<dd>{section.window ? <WindowText {...section.window} /> : "by ID, whatever the time"}</dd>
					<dt>Query</dt>
					<dd>
						<pre>{section.query || "not stated"}</pre>
						{section.query && (
							<CopyButton value={section.query}>
								{({ copied, copy }) => (
									<button type="button" className={styles.quiet} onClick={copy}>
										{copied ? "Copied" : "Copy query"}
									</button>
								)}
							</CopyButton>
						)}
					</dd>
				</dl>
			</Popover.Dropdown>
		</Popover>
	);
}

function WindowText({ fromMs, toMs }: { fromMs: number; toMs: number }) {
	const sameDay = formatDate(fromMs) === formatDate(toMs);
	return (
		<span className="num">
			{formatDate(fromMs)} {formatClock(fromMs)} – {sameDay ? "" : `${formatDate(toMs)} `}
			{formatClock(toMs)}
		</span>
	);
}

/** Instead of a panel's content when there is none: why, and what to do. Nothing when the section has content. */
export function SectionNote({ section, what, empty }: { section: Section; what: string; empty: boolean }) {
	if (!empty && section.status !== "error") return null;
	const title =
		section.status === "error"
			? `The ${what} could not be read`
			: section.status === "not configured"
				? `No store for ${what} is configured`
				: `No ${what}`;
	return (
		<div className={styles.note} data-status={section.status} role={section.status === "error" ? "alert" : undefined}>
			<b>{title}</b>
			<span>{section.reason ?? "The store answered, and has nothing under this trace."}</span>
		</div>
	);
}
