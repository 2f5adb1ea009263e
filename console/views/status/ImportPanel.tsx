"use client";
import { type DragEvent, useRef, useState } from "react";
import type { ImportJob } from "../../client/api.ts";
import { useImportFile, useImports } from "../../client/queries.ts";
import { ErrorState } from "../../ui/ErrorState.tsx";
import { formatBytes, formatCount } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { useNavigate } from "../../ui/Link.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { windowLabel } from "../../ui/time-label.ts";
import styles from "./ImportPanel.module.css";

/** Files of OTLP/JSON lines, dropped or picked, and how far each is. */
export function ImportPanel() {
	const imports = useImports();
	const send = useImportFile();
	const picker = useRef<HTMLInputElement>(null);
	const [over, setOver] = useState(false);
	const take = (files: FileList | null) => {
		for (const file of files ?? []) send.mutate(file);
	};
	const onDrag = (event: DragEvent, inside: boolean) => {
		event.preventDefault();
		setOver(inside);
	};
	return (
		<Panel title="Import" note="OTLP/JSON lines of traces, logs and metrics, plain or gzip" testId="import">
			<button
				type="button"
				className={styles.drop}
				data-over={over || undefined}
				onClick={() => picker.current?.click()}
				onDragOver={(event) => onDrag(event, true)}
				onDragLeave={(event) => onDrag(event, false)}
				onDrop={(event) => {
					onDrag(event, false);
					take(event.dataTransfer.files);
				}}
			>
				<Icon name="upload" size={15} />
				{send.isPending ? "Sending…" : "Drop files here or pick them"}
			</button>
			<input
				ref={picker}
				type="file"
				multiple
				hidden
				data-testid="import-file"
				onChange={(event) => {
					take(event.target.files);
					event.target.value = "";
				}}
			/>
			{send.isError && <ErrorState error={send.error} />}
			{imports.data?.jobs.slice(0, 6).map((job) => (
				<JobLine key={job.id} job={job} />
			))}
		</Panel>
	);
}

function JobLine({ job }: { job: ImportJob }) {
	const navigate = useNavigate();
	const { accepted, window } = job;
	return (
		<div className={styles.job} data-state={job.state}>
			<p>
				<b>{job.name}</b>
				<span className="num">
					{job.state === "running" ? `${formatBytes(job.bytes)} read, ` : ""}
					{formatCount(accepted.traces)} spans, {formatCount(accepted.logs)} lines, {formatCount(accepted.metrics)}{" "}
					points
					{job.rejected > 0 && <em>, {formatCount(job.rejected)} rejected</em>}
				</span>
				{job.state !== "done" && <i>{job.state}</i>}
				{window !== null && job.state === "done" && (
					<button
						type="button"
						onClick={() => navigate(`/traces?from=${Math.floor(window.fromMs)}&to=${Math.ceil(window.toMs) + 1}`)}
					>
						Show {windowLabel(String(window.fromMs), String(window.toMs), Date.now())}
					</button>
				)}
			</p>
			{job.problems.length > 0 && (
				<ul>
					{job.problems.map((problem) => (
						<li key={problem}>{problem}</li>
					))}
				</ul>
			)}
		</div>
	);
}
