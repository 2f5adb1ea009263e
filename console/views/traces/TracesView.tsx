"use client";
/** The way in for those without an ID: traces of the window by what they are, how long they took and whether they failed. */
import { useMemo, useState } from "react";
import { useFields, useServices, useStatus, useTracePages, useTraces } from "../../client/queries.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { ErrorState, PartialNotice, StaleNotice } from "../../ui/ErrorState.tsx";
import { ChoiceFilter, FilterBar, PickFilter, TextFilter } from "../../ui/FilterBar.tsx";
import { plural } from "../../ui/format.ts";
import { Link, traceHref, useNavigate } from "../../ui/Link.tsx";
import { FollowButton, LiveNote } from "../../ui/LiveNote.tsx";
import { PageHeader } from "../../ui/PageHeader.tsx";
import { Panel } from "../../ui/Panel.tsx";
import page from "../../ui/page.module.css";
import { LanguageChoice, RawQuery, TRACEQL } from "../../ui/QueryLanguage.tsx";
import { SearchHelp } from "../../ui/SearchHelp.tsx";
import { SkeletonRows } from "../../ui/Skeleton.tsx";
import { searchProblem } from "../../ui/search-problem.ts";
import { TraceRow, TraceRowsHeader } from "../../ui/TraceRows.tsx";
import { useReading } from "../../ui/use-reading.ts";
import { VirtualList } from "../../ui/VirtualList.tsx";
import { NothingHere } from "../overview/NothingHere.tsx";
import { LatencyScatter } from "./LatencyScatter.tsx";
import styles from "./TracesView.module.css";
import { useTraceFilters } from "./trace-filters.ts";

const PAGE = 100;
const PLOTTED = 200;

export function TracesView() {
	const { filters, set, params, minProblem, maxProblem, any, clear } = useTraceFilters();
	const raw = filters.traceql;
	const reading = useReading("trace-pages");
	const navigate = useNavigate();
	const [pickOpened, setPickOpened] = useState(false);
	const services = useServices();
	const status = useStatus();
	const operations = useFields({ signal: "traces", field: "name" }, { enabled: pickOpened });
	const list = useTracePages({ ...params, order: filters.order, limit: PAGE }, reading.poll);
	const slowest = useTraces({ ...params, order: "slowest", limit: PLOTTED });

	const traces = useMemo(() => unique((list.data?.pages ?? []).flatMap((answer) => answer.traces)), [list.data]);
	const plotted = useMemo(() => unique([...(slowest.data?.traces ?? []), ...traces]), [slowest.data, traces]);
	const maxNs = useMemo(() => Math.max(0, ...traces.map((trace) => trace.durationNs)), [traces]);
	const first = list.data?.pages[0];
	const pickText = (text: string) => set({ q: `${filters.q} ${text}`.trim() });

	return (
		<div className={page.fill}>
			<PageHeader
				title="Traces"
				actions={
					<ChoiceFilter
						label="Order"
						testId="trace-order"
						value={filters.order}
						options={[
							{ value: "newest", label: "Newest" },
							{ value: "slowest", label: "Slowest" },
						]}
						onChange={(order) => set({ order })}
					/>
				}
			>
				<PartialNotice answer={first} />
				<FollowButton reading={reading} />
			</PageHeader>
			<FilterBar label="Filter traces">
				{(status.data?.capabilities.traceql || raw !== null) && (
					<LanguageChoice language={TRACEQL} raw={raw} onChange={(traceql) => set({ traceql })} />
				)}
				{raw !== null ? (
					<RawQuery language={TRACEQL} raw={raw} onChange={(traceql) => set({ traceql })} />
				) : (
					<>
						<TextFilter
							wide
							value={filters.q}
							onChange={(q) => set({ q })}
							placeholder="status:error duration:>200ms http.route:/orders text"
							label="Search traces"
							testId="trace-query"
							problem={searchProblem(filters.q)}
							help={<SearchHelp signal="traces" onPick={pickText} />}
						/>
						<PickFilter
							services
							value={filters.service}
							options={(services.data?.services ?? []).map(({ service }) => service)}
							onChange={(service) => set({ service })}
							placeholder="Any service"
							label="Service"
							testId="service-filter"
						/>
						<PickFilter
							value={filters.operation}
							options={(operations.data?.values ?? []).map(({ value }) => value)}
							onChange={(operation) => set({ operation })}
							onOpen={() => setPickOpened(true)}
							placeholder="Any operation"
							label="Operation"
							testId="operation-filter"
						/>
						<ChoiceFilter
							label="Status"
							testId="status-filter"
							value={filters.status}
							options={[
								{ value: "all", label: "All" },
								{ value: "error", label: "Failed" },
								{ value: "ok", label: "Clean" },
							]}
							onChange={(status) => set({ status })}
						/>
						<TextFilter
							value={filters.min}
							onChange={(min) => set({ min })}
							placeholder="≥ 100ms"
							label="At least this long"
							problem={minProblem}
							maxLength={30}
						/>
						<TextFilter
							value={filters.max}
							onChange={(max) => set({ max })}
							placeholder="≤ 5s"
							label="At most this long"
							problem={maxProblem}
							maxLength={30}
						/>
					</>
				)}
			</FilterBar>
			{list.isError && list.data && <StaleNotice error={list.error} />}
			<Panel title="Latency" note={plotNote(plotted.length)} testId="latency-scatter">
				<LatencyScatter traces={plotted} window={slowest.data?.window ?? first?.window ?? null} />
			</Panel>
			<section className={styles.list} aria-label="Traces">
				{list.isError && !list.data ? (
					<ErrorState error={list.error} retry={() => void list.refetch()} />
				) : first === undefined ? (
					<SkeletonRows rows={16} rowHeight={34} />
				) : traces.length === 0 ? (
					any ? (
						<EmptyState title="No trace in this window matches">
							{first.reason && <p>{first.reason}</p>}
							<p>
								<button type="button" className={styles.action} onClick={clear}>
									Clear the filters
								</button>
								{raw === null && filters.q !== "" && (
									<Link href={`/logs?q=${encodeURIComponent(filters.q)}`} className={styles.other}>
										Look for it in the logs
									</Link>
								)}
							</p>
						</EmptyState>
					) : (
						<NothingHere title="No traces in this window" status={status.data} reason={first.reason} />
					)
				) : (
					<VirtualList
						items={traces}
						rowHeight={34}
						keyOf={(trace) => trace.traceId}
						row={(trace) => <TraceRow trace={trace} maxNs={maxNs} />}
						onOpen={(trace) => navigate(traceHref(trace.traceId))}
						onEnd={() => {
							if (list.hasNextPage && !list.isFetching) void list.fetchNextPage();
						}}
						onTop={reading.onTop}
						scroller={reading.scroller}
						label="Traces"
						testId="trace-list"
						header={<TraceRowsHeader />}
						footer={
							<LiveNote
								loading={list.isFetchingNextPage}
								text={
									list.hasNextPage
										? `${plural(traces.length, "trace")} so far`
										: `That is all: ${plural(traces.length, "trace")}`
								}
							/>
						}
					/>
				)}
			</section>
		</div>
	);
}

function unique<T extends { traceId: string }>(traces: readonly T[]): T[] {
	return [...new Map(traces.map((trace) => [trace.traceId, trace])).values()];
}

function plotNote(count: number): string {
	return count === 0 ? "" : `the slowest ${PLOTTED} and those listed, ${plural(count, "trace")}; click one to open it`;
}
