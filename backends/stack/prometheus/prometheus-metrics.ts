/** The MetricStore over Prometheus or Mimir: RED by profile, exemplars, any metric, and whom metrics know. */
import type { TimeWindow } from "../../../core/model.ts";
import type { Answer, Call, ExemplarItem, MetricStore, RedQuery, RedSeries, SeriesItem } from "../../../core/ports.ts";
import type { Engine, EngineHealth } from "../engine.ts";
import { type ExemplarQuery, readExemplars } from "./exemplar-reader.ts";
import { PrometheusApi } from "./prometheus-api.ts";
import { RedCatalogues } from "./red-catalogue.ts";
import { readRed } from "./red-reader.ts";
import { readSeries, type SeriesQuery } from "./series-reader.ts";
import { type MetricService, readFields, readServices } from "./service-reader.ts";

export class PrometheusMetrics implements MetricStore {
	private readonly engine: Engine;
	readonly api: PrometheusApi;
	private readonly catalogues: RedCatalogues;

	constructor(engine: Engine) {
		this.engine = engine;
		this.api = new PrometheusApi(engine);
		this.catalogues = new RedCatalogues(this.api);
	}

	/** Only services that have a RED metric; the others' numbers are in their spans. */
	async red(query: RedQuery, call: Call): Promise<Answer<RedSeries[]>> {
		const { series, partial, query: text } = await readRed(this.api, this.catalogues, query, budgeted(call));
		const sources = [...new Set(series.map((one) => one.source))];
		return answer(series.sort(byName).slice(0, call.limit), {
			source: sources.length === 0 ? "prometheus" : sources.join(", "),
			window: query.window,
			query: text,
			partial,
			whenEmpty: [
				"Prometheus has no duration histogram of these services in this window",
				...(query.route === undefined ? [] : ["the route may be spelled otherwise: ask by route without one"]),
			],
		});
	}

	/** `around`: when the trace was, for a query by trace ID without a window. */
	async exemplars(query: ExemplarQuery, call: Call, around?: TimeWindow): Promise<Answer<ExemplarItem[]>> {
		const { items, window, query: text } = await readExemplars(this.api, query, budgeted(call), around);
		return answer(items.slice(0, call.limit), {
			source: "prometheus",
			window,
			query: text,
			partial: [],
			whenEmpty: [
				"no exemplar was received: metrics carry them only for sampled traces, where the exporter sends them and Prometheus keeps them",
				...(query.window === null && around === undefined ? ["only the last hour was looked through"] : []),
			],
		});
	}

	async series(query: SeriesQuery, call: Call): Promise<Answer<SeriesItem[]>> {
		const { items, partial, query: text } = await readSeries(this.api, query, budgeted(call));
		return answer(items, {
			source: "prometheus",
			window: query.window,
			query: text,
			partial,
			whenEmpty: [`no point of a metric called ${JSON.stringify(query.metric)} was received in this window`],
		});
	}

	/** By name, with when its last reading was. */
	services(window: TimeWindow, call: Call): Promise<Map<string, MetricService>> {
		return readServices(this.api, window, budgeted(call));
	}

	async fields(
		query: { field?: string; window: TimeWindow; prefix?: string },
		call: Call,
	): Promise<Answer<{ value: string; count: number }[]>> {
		return answer(await readFields(this.api, query, budgeted(call)), {
			source: "prometheus",
			window: query.window,
			query: query.field === undefined ? "fields of metrics" : `values of ${query.field}`,
			partial: [],
			whenEmpty: [
				query.field === undefined
					? "no metrics of this window were received"
					: `no metric of this window has a label ${JSON.stringify(query.field)}`,
			],
		});
	}

	/** The cheapest question there is: it needs the prefix, the tenant and the password that all others need, which `/-/ready` does not. */
	health(): Promise<EngineHealth> {
		return this.engine.health("/api/v1/query", { query: "vector(1)" });
	}
}

/** One deadline for all the rounds of a question. */
function budgeted(call: Call): Call {
	const until = performance.now() + call.deadlineMs;
	return {
		...call,
		get deadlineMs() {
			return Math.max(1, Math.ceil(until - performance.now()));
		},
	};
}

function byName(a: RedSeries, b: RedSeries): number {
	if (a.service !== b.service) return a.service < b.service ? -1 : 1;
	return (a.route ?? "") < (b.route ?? "") ? -1 : 1;
}

function answer<T>(
	data: T[],
	about: Pick<Answer<T>, "source" | "window" | "query"> & { partial: string[]; whenEmpty: string[] },
): Answer<T[]> {
	const { partial, whenEmpty, ...rest } = about;
	if (data.length > 0) return { data, status: partial.length > 0 ? "partial" : "ok", reasons: partial, ...rest };
	return { data, status: "empty", reasons: [...partial, ...whenEmpty], ...rest };
}
