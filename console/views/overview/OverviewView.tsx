"use client";
/** The first page: how every service is doing, what failed last, what took longest; or how to send the first data. */
import { useServices, useStatus, useTraces } from "../../client/queries.ts";
import { ErrorState, PartialNotice, StaleNotice } from "../../ui/ErrorState.tsx";
import { formatPercent, formatRate, TROUBLE } from "../../ui/format.ts";
import { Link } from "../../ui/Link.tsx";
import { Fact, PageHeader } from "../../ui/PageHeader.tsx";
import page from "../../ui/page.module.css";
import { DemoNote } from "./DemoNote.tsx";
import { FirstData } from "./FirstData.tsx";
import { NothingHere } from "./NothingHere.tsx";
import { ServicesPanel } from "./ServicesPanel.tsx";
import { TracesPanel } from "./TracesPanel.tsx";

export function OverviewView() {
	const services = useServices();
	const status = useStatus();
	const failed = useTraces({ status: "error", order: "newest", limit: 8 });
	const slow = useTraces({ order: "slowest", limit: 8 });

	if (services.isError && !services.data) {
		return (
			<div className={page.scroll}>
				<PageHeader title="Overview" />
				<ErrorState error={services.error} retry={() => void services.refetch()} />
			</div>
		);
	}
	const list = services.data?.services;
	const nothing = list?.length === 0;
	if (nothing && status.data?.capabilities.ingest && status.data.dataWindow === null)
		return <FirstData endpoint={status.data.otlpEndpoint} />;

	const rate = list?.reduce((sum, { red }) => sum + red.rate, 0) ?? 0;
	const calls = list?.reduce((sum, { red }) => sum + red.calls, 0) ?? 0;
	const errors = list?.reduce((sum, { red }) => sum + red.errors, 0) ?? 0;
	return (
		<div className={page.scroll}>
			<PageHeader title="Overview" actions={<DemoNote running={status.data?.demo ?? false} />}>
				{list && !nothing && (
					<>
						<Fact label="Services">{list.length}</Fact>
						<Fact label="Calls">{formatRate(rate)}</Fact>
						<Fact label="Failed" {...(calls > 0 && errors / calls >= TROUBLE ? { tone: "error" as const } : {})}>
							{formatPercent(calls > 0 ? errors / calls : 0)}
						</Fact>
						<PartialNotice answer={services.data} />
					</>
				)}
			</PageHeader>
			{services.isError && <StaleNotice error={services.error} />}
			{nothing ? (
				<NothingHere status={status.data} reason={services.data?.reason} />
			) : (
				<>
					<ServicesPanel services={services.data} />
					<div className={page.pair}>
						<TracesPanel
							title="Newest errors"
							testId="newest-errors"
							query={failed}
							actions={<Link href="/traces?status=error">All failed traces</Link>}
							empty="No trace failed in this window."
						/>
						<TracesPanel
							title="Slowest traces"
							testId="slowest-traces"
							query={slow}
							actions={<Link href="/traces?order=slowest">All by duration</Link>}
							empty="No trace in this window."
						/>
					</div>
				</>
			)}
		</div>
	);
}
