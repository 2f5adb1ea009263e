"use client";
/** What Alertmanager says is wrong: what fires now, then what is over; each leads to its telemetry. */
import { parseAsString, useQueryState } from "nuqs";
import { useMemo, useState } from "react";
import { severityRank } from "../../../core/incidents.ts";
import type { IncidentSummary } from "../../client/api.ts";
import { useIncidentPages, useIncidents, useServices } from "../../client/queries.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { ErrorState, StaleNotice } from "../../ui/ErrorState.tsx";
import { PickFilter } from "../../ui/FilterBar.tsx";
import { plural } from "../../ui/format.ts";
import { useNavigate } from "../../ui/Link.tsx";
import { Fact, PageHeader } from "../../ui/PageHeader.tsx";
import { Panel } from "../../ui/Panel.tsx";
import page from "../../ui/page.module.css";
import { SkeletonRows } from "../../ui/Skeleton.tsx";
import { useShortcuts } from "../../ui/shortcuts.ts";
import { ConnectAlertmanager } from "./ConnectAlertmanager.tsx";
import { IncidentRow, IncidentRowsHeader } from "./IncidentRow.tsx";
import styles from "./IncidentsView.module.css";

const FIRING = 500;
const PAGE = 50;

export function IncidentsView() {
	const [service, setService] = useQueryState(
		"service",
		parseAsString.withDefault("").withOptions({ history: "push" }),
	);
	const of = service === "" ? {} : { service };
	const firing = useIncidents({ ...of, status: "firing", limit: FIRING });
	const resolved = useIncidentPages({ ...of, status: "resolved", limit: PAGE });
	const services = useServices();
	const navigate = useNavigate();
	const [marked, setMarked] = useState<string | null>(null);

	const nowMs = Math.max(firing.dataUpdatedAt, resolved.dataUpdatedAt);
	const open = useMemo(() => worstFirst(firing.data?.incidents), [firing.data]);
	const over = resolved.data?.pages.flatMap((answer) => answer.incidents);
	const all = [...(open ?? []), ...(over ?? [])];
	const move = (step: number) => {
		const at = all.findIndex(({ id }) => id === marked);
		const next = all[at === -1 ? 0 : Math.min(all.length - 1, Math.max(0, at + step))];
		if (!next) return;
		setMarked(next.id);
		document.getElementById(`incident-${next.id}`)?.scrollIntoView({ block: "nearest" });
	};
	useShortcuts({
		j: () => move(1),
		k: () => move(-1),
		escape: () => setMarked(null),
		...(marked === null ? {} : { enter: () => navigate(`/incidents/${marked}`) }),
	});
	const rows = (incidents: typeof all) =>
		incidents.map((incident) => (
			<IncidentRow key={incident.id} incident={incident} nowMs={nowMs} marked={incident.id === marked} />
		));

	const failed = firing.isError && !firing.data ? firing : resolved.isError && !resolved.data ? resolved : null;
	const none = open?.length === 0 && over?.length === 0;
	const known = [
		...new Set([...(services.data?.services ?? []).map((one) => one.service), ...all.flatMap((one) => one.services)]),
	];
	return (
		<div className={page.scroll}>
			<PageHeader
				title="Incidents"
				actions={
					(!none || service !== "") && (
						<PickFilter
							services
							value={service}
							options={known.sort()}
							onChange={(picked) => setService(picked || null)}
							placeholder="Any service"
							label="Service"
							testId="service-filter"
						/>
					)
				}
			>
				{firing.data && !none && (
					<Fact label="Firing" {...(open?.length ? { tone: "error" as const } : {})}>
						{open?.length ?? 0}
					</Fact>
				)}
			</PageHeader>
			{firing.isError && firing.data && <StaleNotice error={firing.error} />}
			{failed ? (
				<ErrorState error={failed.error} retry={() => void failed.refetch()} />
			) : none && service === "" ? (
				<ConnectAlertmanager first />
			) : (
				<>
					<Panel title="Firing" testId="firing">
						{open === undefined ? (
							<SkeletonRows rows={3} rowHeight={38} />
						) : open.length === 0 ? (
							<EmptyState
								compact
								icon="check"
								title={service === "" ? "Nothing fires" : `Nothing of ${service} fires`}
							/>
						) : (
							<>
								<IncidentRowsHeader />
								{rows(open)}
							</>
						)}
					</Panel>
					<Panel
						title="Resolved"
						note={over ? resolvedNote(over.length, resolved.hasNextPage) : undefined}
						testId="resolved"
					>
						{over === undefined ? (
							<SkeletonRows rows={6} rowHeight={38} />
						) : over.length === 0 ? (
							<EmptyState compact icon="clock" title="Nothing was resolved yet" />
						) : (
							<>
								<IncidentRowsHeader />
								{rows(over)}
								{resolved.hasNextPage && (
									<button
										type="button"
										className={styles.more}
										disabled={resolved.isFetchingNextPage}
										onClick={() => void resolved.fetchNextPage()}
									>
										{resolved.isFetchingNextPage ? "Loading…" : "Show older ones"}
									</button>
								)}
							</>
						)}
					</Panel>
				</>
			)}
		</div>
	);
}

function resolvedNote(count: number, more: boolean): string {
	return count === 0 ? "" : more ? `the newest ${count}` : plural(count, "incident");
}

function worstFirst(incidents: readonly IncidentSummary[] | undefined): IncidentSummary[] | undefined {
	return (
		incidents &&
		[...incidents].sort((a, b) => severityRank(a.severity) - severityRank(b.severity) || b.startsAtMs - a.startsAtMs)
	);
}
