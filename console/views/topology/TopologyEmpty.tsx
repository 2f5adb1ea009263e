/** Why there is no graph, found by looking: no data at all, none in this window, or spans that nobody calls with. */
import { Button } from "@mantine/core";
import type { Topology } from "../../client/api.ts";
import { ApiError } from "../../client/fetch-json.ts";
import { useStatus } from "../../client/queries.ts";
import { ErrorState } from "../../ui/ErrorState.tsx";
import classes from "./Topology.module.css";

export function TopologyEmpty(props: {
	pending: boolean;
	error: Error | null;
	answer: Topology | undefined;
	onRetry: () => void;
}) {
	const { pending, error, answer, onRetry } = props;
	const { data: status } = useStatus();
	if (pending) return <div className={classes.body} aria-busy="true" />;
	if (error instanceof ApiError && error.notConfigured) return <ErrorState error={error} />;
	const stored = status?.ingest?.traces?.stored;
	return (
		<div className={classes.wide} data-testid="topology-empty">
			<h2>{error ? "The topology could not be read" : "No service calls another in this window"}</h2>
			<p className={classes.muted}>{error?.message ?? answer?.reason}</p>
			{!error && (
				<ul className={classes.muted}>
					<li>
						{stored === 0
							? "No span has ever arrived: see Status for where to send them."
							: `${stored === undefined ? "There may be spans outside this window" : `${stored} spans are stored in all`}: try a longer one.`}
					</li>
					<li>
						Edges need spans of both sides, or client spans that name what they call (server.address, db.system.name,
						messaging.system).
					</li>
					<li>
						Demo traffic may be hidden by the switch in the header, and quiet edges by the threshold on the right.
					</li>
				</ul>
			)}
			<Button size="xs" variant="default" onClick={onRetry}>
				Look again
			</Button>
		</div>
	);
}
