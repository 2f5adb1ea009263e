/** Services that metrics know, and the labels metrics have. */
import type { TimeWindow } from "../../../core/model.ts";
import type { Call } from "../../../core/ports.ts";
import { RED_VARIANTS } from "./metric-names.ts";
import { MetricOwners, serviceLabels, targetLabels } from "./metric-owners.ts";
import type { PrometheusApi } from "./prometheus-api.ts";
import { by, duration, matchersText, oneOf, selector } from "./promql.ts";

export interface MetricService {
	lastSeenUnixNano: bigint;
	environments: string[];
	version: string | null;
}

const MS = 1_000_000n;
/** As long as Prometheus takes a reading for the current one. */
const LOOKBACK = "5m";

/** By name: who described itself (`target_info`) or has a RED metric in the window. */
export async function readServices(
	api: PrometheusApi,
	window: TimeWindow,
	call: Call,
): Promise<Map<string, MetricService>> {
	const utf8 = await api.speaksUtf8(call);
	const names = ["target_info", ...RED_VARIANTS.map(({ name }) => name)];
	const known = matchersText([{ label: "__name__", op: "=~", value: oneOf(names) }]);
	const present = await api.names("__name__", [known], window, { ...call, limit: 0 });
	if (present.length === 0) return new Map();
	const range = duration(Number((window.toUnixNano - window.fromUnixNano) / MS));
	const labels = targetLabels(utf8);
	const answers = await Promise.all(
		present.map((name) => {
			const series = selector(name, name.endsWith("_bucket") ? [{ label: "le", op: "=", value: "+Inf" }] : []);
			const latest = `max ${by(labels)} (timestamp(${series}))`;
			const earlier = `max ${by(labels)} (max_over_time(timestamp(${series})[${range}:${LOOKBACK}]))`;
			return api.query(`${latest} or ${earlier}`, window.toUnixNano, call);
		}),
	);
	const rows = answers.flatMap((answer) => answer.rows);
	const owners = new MetricOwners(answers[present.indexOf("target_info")]?.rows.map((row) => row.metric) ?? []);
	const services = new Map<string, MetricService>();
	for (const { metric, values } of rows) {
		const owner = owners.of(metric);
		const lastSeenUnixNano = BigInt(Math.round(Number(values[0]?.[1] ?? 0) * 1000)) * MS;
		if (owner === null || lastSeenUnixNano < window.fromUnixNano) continue;
		if (call.excludeEnvironments.includes(owner.environment)) continue;
		const known = services.get(owner.service) ?? { lastSeenUnixNano: 0n, environments: [], version: null };
		if (lastSeenUnixNano > known.lastSeenUnixNano) {
			known.lastSeenUnixNano = lastSeenUnixNano;
			known.version = owner.version ?? known.version;
		}
		if (owner.environment !== "" && !known.environments.includes(owner.environment)) {
			known.environments = [...known.environments, owner.environment].sort();
		}
		services.set(owner.service, known);
	}
	return services;
}

/** Labels' names, or the values of one; `service` and `metric` are fields of their own. Engines do not count them: `count` is 0. */
export async function readFields(
	api: PrometheusApi,
	query: { field?: string; window: TimeWindow; prefix?: string },
	call: Call,
): Promise<{ value: string; count: number }[]> {
	const prefix = query.prefix?.toLowerCase() ?? "";
	const values = await fieldValues(api, query, call);
	return [...new Set(values)]
		.filter((value) => value.toLowerCase().startsWith(prefix))
		.slice(0, call.limit)
		.map((value) => ({ value, count: 0 }));
}

async function fieldValues(
	api: PrometheusApi,
	{ field, window }: { field?: string; window: TimeWindow },
	call: Call,
): Promise<string[]> {
	const all = { ...call, limit: 0 };
	switch (field) {
		case undefined:
			return [
				"service",
				"metric",
				...(await api.names(null, [], window, all)).filter((name) => !name.startsWith("__")),
			];
		case "metric":
			return api.names("__name__", [], window, all);
		case "service": {
			const labels = serviceLabels(await api.speaksUtf8(call));
			const [services, ...named] = await Promise.all([
				readServices(api, window, call),
				...labels.map((label) => api.names(label, [], window, all)),
			]);
			return [...services.keys(), ...(call.excludeEnvironments.length > 0 ? [] : named.flat())].sort();
		}
		default:
			return api.names(field, [], window, all);
	}
}
