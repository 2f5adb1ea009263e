import cluster from "node:cluster";
import { say } from "../../say.ts";
import { serveMetrics } from "../serve.ts";
import type { MetricSource } from "../source.ts";
import { ClusterPrimary } from "./primary.ts";
import { ClusterWorker } from "./worker.ts";

/** What a scrape of this process is answered with: its own metrics, or in a cluster the sum of all. */
export function pageOf(local: MetricSource): MetricSource {
	return cluster.isWorker ? new ClusterWorker(local) : new ClusterPrimary(local);
}

/** Open /metrics, unless this is a worker whose primary does. */
export function servePage(page: MetricSource, host: string, port: number): void {
	if (!(page instanceof ClusterWorker)) {
		serveMetrics(page, host, port);
		return;
	}
	void page.joined.then((joined) => {
		if (!joined) {
			say(
				"the primary of this cluster does not run @trivet/instrumentation: one worker serves its own metrics only; OTEL_METRICS_EXPORTER=otlp sends those of all",
			);
			serveMetrics(page, host, port);
		}
	});
}
