"use client";
import { Switch } from "@mantine/core";
import { useState } from "react";
import { useDemo, useEraseDemo, useServices, useSetFault } from "../../client/queries.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { ErrorState, StaleNotice } from "../../ui/ErrorState.tsx";
import { formatRate, plural } from "../../ui/format.ts";
import { Panel } from "../../ui/Panel.tsx";
import { ServiceBadge } from "../../ui/ServiceBadge.tsx";
import { SkeletonRows } from "../../ui/Skeleton.tsx";
import styles from "./DemoPanel.module.css";
import rows from "./rows.module.css";

/** `erasable`: the backend can erase the demo's telemetry. The demo shop: its services, and faults to switch on and then find. */
export function DemoPanel({ running, erasable }: { running: boolean; erasable: boolean }) {
	const demo = useDemo({ enabled: running });
	const setFault = useSetFault();
	const services = useServices({}, { enabled: running });
	/** Those that send telemetry of their own; the others are parts they use. */
	const known = new Set(services.data?.services.map(({ service }) => service));
	if (!running) {
		return (
			<Panel title="Demo shop" testId="demo">
				<EmptyState compact icon="play" title="The demo is not running">
					<p>
						Start Trivet without <code>--no-demo</code>: a shop of small services with live traffic, and faults to
						switch on and find.
					</p>
				</EmptyState>
				{erasable && <Erase />}
			</Panel>
		);
	}
	return (
		<Panel
			title="Demo shop"
			note={
				demo.data ? `${plural(demo.data.services.length, "part")}, ${formatRate(demo.data.rate)} aimed at` : undefined
			}
			testId="demo"
		>
			{setFault.isError && <ErrorState error={setFault.error} />}
			{demo.isError && demo.data && <StaleNotice error={demo.error} />}
			{demo.data === undefined ? (
				demo.isError ? (
					<ErrorState error={demo.error} retry={() => void demo.refetch()} />
				) : (
					<SkeletonRows rows={9} rowHeight={77} />
				)
			) : (
				<>
					<p className={styles.services}>
						{demo.data.services.map((service) => (
							<span key={service.name} title={`${service.url}: ${service.state}`}>
								{known.has(service.name) ? <ServiceBadge service={service.name} link /> : service.name}
								{!/^(up|ok|running)$/.test(service.state) && <i>{service.state}</i>}
							</span>
						))}
					</p>
					{demo.data.faults.map((fault) => (
						<label
							key={fault.id}
							htmlFor={`fault-${fault.id}`}
							className={styles.fault}
							data-on={fault.enabled || undefined}
						>
							<Switch
								id={`fault-${fault.id}`}
								size="xs"
								color="red"
								checked={fault.enabled}
								disabled={setFault.isPending && setFault.variables.id === fault.id}
								data-testid={`fault-${fault.id}`}
								onChange={(event) => setFault.mutate({ id: fault.id, enabled: event.currentTarget.checked })}
							/>
							<span>
								<b>{fault.title}</b>
								<span>{fault.description}</span>
							</span>
						</label>
					))}
				</>
			)}
			{erasable && <Erase />}
		</Panel>
	);
}

/** Erases the demo's telemetry and nothing else, after asking. */
function Erase() {
	const erase = useEraseDemo();
	const [sure, setSure] = useState(false);
	return (
		<div className={rows.row}>
			<span className={rows.quiet}>
				{erase.isError
					? erase.error.message
					: erase.data
						? `Erased ${plural(erase.data.spans, "span")}, ${plural(erase.data.logs, "line")}, ${plural(erase.data.points, "metric point")}.`
						: "The demo's telemetry is tagged; it can be erased on its own."}
			</span>
			<span className={rows.end}>
				{sure ? (
					<>
						<button
							type="button"
							className={styles.danger}
							disabled={erase.isPending}
							onClick={() => {
								erase.mutate();
								setSure(false);
							}}
						>
							Erase it now
						</button>{" "}
						<button type="button" className={styles.button} onClick={() => setSure(false)}>
							Keep
						</button>
					</>
				) : (
					<button type="button" className={styles.button} disabled={erase.isPending} onClick={() => setSure(true)}>
						{erase.isPending ? "Erasing…" : "Erase demo data"}
					</button>
				)}
			</span>
		</div>
	);
}
