import cluster from "node:cluster";
import type { ProfileHandler } from "../../profiles/handler.ts";
import { say } from "../../say.ts";
import { serveLocally } from "../serve.ts";
import type { MetricSource } from "../source.ts";
import { ClusterPrimary } from "./primary.ts";
import { ClusterWorker } from "./worker.ts";

/** What a scrape of this process is answered with: its own metrics, or in a cluster the sum of all. */
export function pageOf(local: MetricSource): MetricSource {
	return cluster.isWorker ? new ClusterWorker(local) : new ClusterPrimary(local);
}

/** Open /metrics and /profiles, those that are wanted, unless this is a worker whose primary does. */
export function serveFor(
	page: MetricSource,
	at: { host: string; port: number },
	wanted: { metrics: boolean; profiles: ProfileHandler | undefined },
): void {
	if (!wanted.metrics && wanted.profiles === undefined) {
		return;
	}
	const local = { metrics: wanted.metrics ? page : undefined, profiles: wanted.profiles };
	if (!(page instanceof ClusterWorker)) {
		serveLocally(local, at);
		return;
	}
	void page.joined.then((joined) => {
		if (!joined) {
			say(
				"the primary of this cluster does not run @trivet/instrumentation: one worker serves its own metrics only; OTEL_METRICS_EXPORTER=otlp sends those of all",
			);
			serveLocally(local, at);
		}
	});
}
