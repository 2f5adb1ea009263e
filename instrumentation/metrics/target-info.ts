import cluster from "node:cluster";
import { type Family, type OwnMetric, promLabel } from "./family.ts";

/** What is another in each worker of a cluster, whose sums are one target. */
const OF_ONE_PROCESS = ["service.instance.id", "process.pid"];

/**
 * Who is scraped, as OpenTelemetry tells Prometheus: the resource as the labels of `target_info`. Without it a scraped service
 * is known by its host and port.
 */
export function targetInfo(resource: Readonly<Record<string, string | number>>): OwnMetric {
	const head = { name: "target_info", help: "Target metadata", type: "info", aggregate: "first" } as const;
	const labels = Object.fromEntries(
		Object.entries(resource)
			.filter(([key]) => !(cluster.isWorker && OF_ONE_PROCESS.includes(key)))
			.map(([key, value]) => [promLabel(key), String(value)]),
	);
	const family: Family = { ...head, points: [{ labels, value: 1 }] };
	return { ...head, family: () => family, reset: () => undefined };
}
