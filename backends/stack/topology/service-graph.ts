/**
 * Calls between services as Tempo's metrics-generator (or a collector's connector) counted them from every span, before anything was sampled
 * or forgotten: volumes without traces. https://grafana.com/docs/tempo/latest/metrics-generator/service_graphs/
 */
import type { TimeWindow } from "../../../core/model.ts";
import type { Call } from "../../../core/ports.ts";
import type { PrometheusApi } from "../prometheus/prometheus-api.ts";

export const SERVICE_GRAPH_METRIC = "traces_service_graph_request_total";
const FAILED = "traces_service_graph_request_failed_total";
/** As the generator's dimension `deployment.environment.name` becomes a label. */
const ENVIRONMENT = "deployment_environment_name";
const MAX_EDGES = 10_000;

export interface GraphVolume {
	client: string;
	server: string;
	/** What the server is: a service (""), or what only the client knows of. */
	connection: "" | "database" | "messaging_system" | "virtual_node";
	calls: number;
	errors: number;
}

/** Every edge with calls in the window, by client, server and connection; none when nobody generates these metrics. */
export async function readServiceGraph(
	prometheus: PrometheusApi,
	window: TimeWindow,
	call: Call,
): Promise<{ volumes: GraphVolume[]; warnings: string[]; query: string }> {
	const increase = (metric: string) => `sum by (client, server, connection_type) (${increaseOf(metric, window, call)})`;
	const [all, failed] = await Promise.all([
		prometheus.query(increase(SERVICE_GRAPH_METRIC), window.toUnixNano, call),
		prometheus.query(increase(FAILED), window.toUnixNano, call),
	]);
	const volumes = new Map<string, GraphVolume>();
	const of = (metric: Record<string, string>): GraphVolume | null => {
		const { client = "", server = "" } = metric;
		// "user" stands for whoever calls from outside: no span knows it, the topology does not draw it.
		if (client === "" || server === "" || (client === "user" && metric.connection_type === "virtual_node")) return null;
		const connection = connectionOf(metric.connection_type ?? "");
		const key = JSON.stringify([client, server, connection]);
		let volume = volumes.get(key);
		if (volume === undefined && volumes.size < MAX_EDGES) {
			volume = { client, server, connection, calls: 0, errors: 0 };
			volumes.set(key, volume);
		}
		return volume ?? null;
	};
	const amountOf = (text: string | undefined) => {
		const value = Number(text);
		return Number.isFinite(value) && value > 0 ? value : 0;
	};
	for (const row of all.rows) {
		const volume = of(row.metric);
		if (volume) volume.calls += amountOf(row.values[0]?.[1]);
	}
	for (const row of failed.rows) {
		const volume = of(row.metric);
		if (volume) volume.errors += amountOf(row.values[0]?.[1]);
	}
	return {
		volumes: [...volumes.values()].filter(({ calls }) => calls > 0),
		warnings: [...all.warnings, ...failed.warnings],
		query: increase(SERVICE_GRAPH_METRIC),
	};
}

/** What a counter of the generator grew by in the window, without the environments that are left out. */
export function increaseOf(metric: string, window: TimeWindow, call: Call): string {
	const seconds = Math.max(1, Math.round(Number(window.toUnixNano - window.fromUnixNano) / 1e9));
	const leftOut = call.excludeEnvironments.map(escapedPattern).join("|");
	const matcher = leftOut === "" ? "" : `{${ENVIRONMENT}!~${JSON.stringify(leftOut)}}`;
	return `increase(${metric}${matcher}[${seconds}s])`;
}

function connectionOf(type: string): GraphVolume["connection"] {
	return type === "database" || type === "messaging_system" || type === "virtual_node" ? type : "";
}

function escapedPattern(text: string): string {
	return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
