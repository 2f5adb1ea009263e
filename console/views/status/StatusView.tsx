"use client";
/** What Trivet itself is doing: its stores, what arrived and was refused, what it holds, where to send; and the demo's switches. */
import { useStatus } from "../../client/queries.ts";
import { CodeLines } from "../../ui/CodeLines.tsx";
import { ErrorState, StaleNotice } from "../../ui/ErrorState.tsx";
import { formatDuration } from "../../ui/format.ts";
import { Fact, PageHeader } from "../../ui/PageHeader.tsx";
import { Panel } from "../../ui/Panel.tsx";
import page from "../../ui/page.module.css";
import { SkeletonRows } from "../../ui/Skeleton.tsx";
import { ConnectAlertmanager } from "../incidents/ConnectAlertmanager.tsx";
import { sendLines } from "../overview/send-lines.ts";
import { DemoPanel } from "./DemoPanel.tsx";
import { FactsPanel } from "./FactsPanel.tsx";
import { ImportPanel } from "./ImportPanel.tsx";
import { IngestPanel } from "./IngestPanel.tsx";
import styles from "./StatusView.module.css";
import { StoresPanel } from "./StoresPanel.tsx";

export function StatusView() {
	const status = useStatus();
	const data = status.data;
	return (
		<div className={page.scroll}>
			<PageHeader title="Status">
				{data && (
					<>
						<Fact label="Version">{data.version}</Fact>
						<Fact label="Backend">{data.backend === "stack" ? "engines" : data.backend}</Fact>
						<Fact label="Up">{formatDuration(Math.max(0, data.nowMs - data.startedMs) * 1e6)}</Fact>
					</>
				)}
			</PageHeader>
			{status.isError && data && <StaleNotice error={status.error} />}
			{data === undefined ? (
				<Panel title="Stores">
					{status.isError ? (
						<ErrorState error={status.error} retry={() => void status.refetch()} />
					) : (
						<SkeletonRows rows={6} rowHeight={34} />
					)}
				</Panel>
			) : (
				<div className={styles.columns}>
					<div className={styles.column}>
						{!data.capabilities.ingest && <StoresPanel stores={data.stores} />}
						{(data.demo || data.capabilities.ingest) && (
							<DemoPanel running={data.demo} erasable={data.capabilities.ingest} />
						)}
						{data.ingest && <IngestPanel ingest={data.ingest} />}
					</div>
					<div className={styles.column}>
						{data.capabilities.ingest && <StoresPanel stores={data.stores} />}
						{(data.dataWindow !== null || data.facts.length > 0 || data.capabilities.ingest) && (
							<FactsPanel status={data} />
						)}
						{data.capabilities.ingest && <ImportPanel />}
						{data.otlpEndpoint !== null && (
							<Panel title="Send data" note={data.otlpEndpoint} testId="send-data">
								<div className={styles.send}>
									{sendLines(data.otlpEndpoint)
										.filter(({ id }) => id !== "import")
										.map((lines) => (
											<section key={lines.id}>
												<h3>{lines.title}</h3>
												<CodeLines text={lines.text} label={lines.title} />
											</section>
										))}
								</div>
							</Panel>
						)}
						<ConnectAlertmanager />
					</div>
				</div>
			)}
		</div>
	);
}
