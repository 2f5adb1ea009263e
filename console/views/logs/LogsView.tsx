"use client";
/** Every log line of the window, found by text, service and level, in nanosecond order; each leads to its trace. */
import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { useMemo, useState } from "react";
import { useLogPages, useServices, useStatus } from "../../client/queries.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { ErrorState, PartialNotice, StaleNotice } from "../../ui/ErrorState.tsx";
import { ChoiceFilter, FilterBar, PickFilter, TextFilter } from "../../ui/FilterBar.tsx";
import { plural } from "../../ui/format.ts";
import { FollowButton, LiveNote } from "../../ui/LiveNote.tsx";
import { LogLine, logKey } from "../../ui/LogLine.tsx";
import { LEVELS } from "../../ui/level.ts";
import { PageHeader } from "../../ui/PageHeader.tsx";
import { Panel } from "../../ui/Panel.tsx";
import page from "../../ui/page.module.css";
import { LanguageChoice, LOGQL, RawQuery } from "../../ui/QueryLanguage.tsx";
import { SearchHelp } from "../../ui/SearchHelp.tsx";
import { SkeletonRows } from "../../ui/Skeleton.tsx";
import { searchProblem, searchTerm } from "../../ui/search-problem.ts";
import { useReading } from "../../ui/use-reading.ts";
import { VirtualList } from "../../ui/VirtualList.tsx";
import { NothingHere } from "../overview/NothingHere.tsx";
import styles from "./LogsView.module.css";
import { LogVolumeChart } from "./LogVolumeChart.tsx";

const PAGE = 300;
const ALL = "all";

const parsers = {
	q: parseAsString.withDefault(""),
	service: parseAsString.withDefault(""),
	/** This level and above. */
	level: parseAsStringLiteral([ALL, ...LEVELS] as const).withDefault(ALL),
	/** LogQL instead of all of these; null: not. */
	logql: parseAsString,
	order: parseAsStringLiteral(["newest", "oldest"] as const).withDefault("newest"),
};

export function LogsView() {
	const [{ q, service, level, order, logql: raw }, set] = useQueryStates(parsers, { history: "push" });
	const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
	const reading = useReading("log-pages");
	const services = useServices();
	const status = useStatus();
	const list = useLogPages(
		raw === null
			? {
					q: q || undefined,
					service: service || undefined,
					level: level === ALL ? undefined : level,
					order,
					limit: PAGE,
				}
			: { logql: raw.trim() || undefined, order, limit: PAGE },
		open.size > 0 ? { refetchMs: false } : reading.poll,
	);
	const records = useMemo(() => {
		const all = (list.data?.pages ?? []).flatMap((answer) => answer.records);
		return [...new Map(all.map((record) => [logKey(record), record])).values()];
	}, [list.data]);
	const first = list.data?.pages[0];
	const any = raw !== null ? raw.trim() !== "" : q !== "" || service !== "" || level !== ALL;
	const toggle = (key: string) => {
		const next = new Set(open);
		if (!next.delete(key)) next.add(key);
		setOpen(next);
	};
	const pick = (key: string, value: string) => set({ q: `${q} ${searchTerm(key, value)}`.trim(), logql: null });

	return (
		<div className={page.fill}>
			<PageHeader
				title="Logs"
				actions={
					<ChoiceFilter
						label="Order"
						value={order}
						options={[
							{ value: "newest", label: "Newest" },
							{ value: "oldest", label: "Oldest" },
						]}
						onChange={(order) => set({ order })}
					/>
				}
			>
				<PartialNotice answer={first} />
				<FollowButton reading={reading} />
			</PageHeader>
			<FilterBar label="Filter log lines">
				{(status.data?.capabilities.logql || raw !== null) && (
					<LanguageChoice language={LOGQL} raw={raw} onChange={(logql) => set({ logql })} />
				)}
				{raw !== null ? (
					<RawQuery language={LOGQL} raw={raw} onChange={(logql) => set({ logql })} />
				) : (
					<>
						<TextFilter
							wide
							value={q}
							onChange={(q) => set({ q })}
							placeholder={'timeout order.id:88213 "exact words"'}
							label="Search log lines"
							testId="log-query"
							problem={searchProblem(q)}
							help={<SearchHelp signal="logs" onPick={(text) => set({ q: `${q} ${text}`.trim() })} />}
						/>
						<PickFilter
							services
							value={service}
							options={(services.data?.services ?? []).map(({ service }) => service)}
							onChange={(service) => set({ service })}
							placeholder="Any service"
							label="Service"
							testId="service-filter"
						/>
						<ChoiceFilter
							label="This level and above"
							testId="level-filter"
							value={level}
							options={[
								{ value: ALL, label: "All" },
								{ value: "info", label: "Info" },
								{ value: "warn", label: "Warn" },
								{ value: "error", label: "Error" },
							]}
							onChange={(level) => set({ level })}
						/>
					</>
				)}
			</FilterBar>
			{list.isError && list.data && <StaleNotice error={list.error} />}
			<Panel title="Volume" note={volumeNote(records.length, list.hasNextPage, order)} testId="log-volume">
				<LogVolumeChart records={records} />
			</Panel>
			<section className={styles.list} aria-label="Log lines">
				{list.isError && !list.data ? (
					<ErrorState error={list.error} retry={() => void list.refetch()} />
				) : first === undefined ? (
					<SkeletonRows rows={20} rowHeight={27} />
				) : records.length === 0 ? (
					any ? (
						<EmptyState title="No log line in this window matches">
							{first.reason && <p>{first.reason}</p>}
							<p>
								<button
									type="button"
									className={styles.action}
									onClick={() => set({ q: null, service: null, level: null, ...(raw === null ? {} : { logql: "" }) })}
								>
									Clear the filters
								</button>
							</p>
						</EmptyState>
					) : (
						<NothingHere title="No log lines in this window" status={status.data} reason={first.reason} />
					)
				) : (
					<VirtualList
						items={records}
						rowHeight={27}
						keyOf={logKey}
						row={(record) => {
							const key = logKey(record);
							return <LogLine record={record} open={open.has(key)} onToggle={() => toggle(key)} onPick={pick} />;
						}}
						onOpen={(record) => toggle(logKey(record))}
						onEnd={() => {
							if (list.hasNextPage && !list.isFetching) void list.fetchNextPage();
						}}
						onTop={reading.onTop}
						scroller={reading.scroller}
						label="Log lines"
						testId="log-list"
						footer={
							<LiveNote
								loading={list.isFetchingNextPage}
								text={
									list.hasNextPage
										? `${plural(records.length, "line")} so far`
										: `That is all: ${plural(records.length, "line")}`
								}
							/>
						}
					/>
				)}
			</section>
		</div>
	);
}

function volumeNote(count: number, more: boolean, order: string): string {
	if (count === 0) return "";
	return more
		? `the ${order} ${plural(count, "line")}; scroll on for more`
		: `all ${plural(count, "line")} of the window`;
}
