/** Prometheus' HTTP API, as far as Trivet asks it: what it answers is checked here. Mimir, Thanos and VictoriaMetrics speak the same. */
import { z } from "zod";
import type { TimeWindow } from "../../../core/model.ts";
import { type Call, InvalidInput, Unavailable } from "../../../core/ports.ts";
import type { Engine, EngineRequest } from "../engine.ts";
import type { Labels } from "./promql.ts";

/** A native histogram as the API writes it; buckets are [boundary rule, lower, upper, count]. */
export interface NativeHistogram {
	count: string;
	sum: string;
	buckets?: [number, string, string, string][];
}

/** [seconds, value]: tens of thousands come at once, so what is in them is looked at where they are read. */
export type Sample = [number, string];
export type HistogramSample = [number, NativeHistogram];

/** As the API writes it: what is in it is looked at where it is read. */
export interface EngineExemplar {
	labels?: Record<string, unknown>;
	value?: unknown;
	/** Seconds. */
	timestamp?: unknown;
}

/** One series of an answer; an instant query's have one sample each. */
export interface Row {
	metric: Labels;
	values: Sample[];
	histograms: HistogramSample[];
}

export interface Rows {
	rows: Row[];
	/** What the engine says is missing or doubtful. */
	warnings: string[];
}

const isHistogramSample = (value: unknown) => Array.isArray(value) && typeof value[1] === "object" && value[1] !== null;
const listOf = <T>(what: string, isOne: (value: unknown) => boolean) =>
	z.custom<T[]>((value) => Array.isArray(value) && value.every(isOne), `no list of ${what}`);
const samples = listOf<Sample>("samples", Array.isArray);
const histogramSamples = listOf<HistogramSample>("histograms", isHistogramSample);
/** Thousands come at once too: checked by hand. */
const labels = z.custom<Labels>(
	(value) =>
		typeof value === "object" && value !== null && Object.values(value).every((one) => typeof one === "string"),
	"no labels",
);
const answerOf = <S extends z.ZodType>(data: S) =>
	z.object({ status: z.literal("success"), data, warnings: z.array(z.string()).optional() });

const matrixAnswer = answerOf(
	z.object({
		resultType: z.literal("matrix"),
		result: z.array(z.object({ metric: labels, values: samples.optional(), histograms: histogramSamples.optional() })),
	}),
);
const vectorAnswer = answerOf(
	z.object({
		resultType: z.literal("vector"),
		result: z.array(
			z.object({
				metric: labels,
				value: z.custom<Sample>(Array.isArray, "no sample").optional(),
				histogram: z.custom<HistogramSample>(isHistogramSample, "no histogram").optional(),
			}),
		),
	}),
);
const namesAnswer = answerOf(z.array(z.string()));
const exemplarsAnswer = answerOf(
	z
		.array(
			z.object({
				seriesLabels: labels,
				exemplars: listOf<EngineExemplar>("exemplars", (value) => typeof value === "object" && value !== null),
			}),
		)
		.nullable(),
);
const metadataAnswer = answerOf(z.record(z.string(), z.array(z.object({ type: z.string(), unit: z.string() }))));

export type EngineExemplars = NonNullable<z.output<typeof exemplarsAnswer>["data"]>;
export type Metadata = z.output<typeof metadataAnswer>["data"];

export class PrometheusApi {
	private readonly engine: Engine;
	private utf8: boolean | null = null;

	constructor(engine: Engine) {
		this.engine = engine;
	}

	/** At one moment. */
	async query(promql: string, time: bigint, call: Call): Promise<Rows> {
		const found = await this.ask(vectorAnswer, "/api/v1/query", { query: promql, time: seconds(time) }, call);
		return {
			rows: found.data.result.map(({ metric, value, histogram }) => ({
				metric,
				values: value === undefined ? [] : [value],
				histograms: histogram === undefined ? [] : [histogram],
			})),
			warnings: found.warnings ?? [],
		};
	}

	/** At `first`, `first + stepNs`, ... up to `last`. */
	async range(promql: string, first: bigint, last: bigint, stepNs: bigint, call: Call): Promise<Rows> {
		const params = { query: promql, start: seconds(first), end: seconds(last), step: seconds(stepNs) };
		const found = await this.ask(matrixAnswer, "/api/v1/query_range", params, call);
		return {
			rows: found.data.result.map(({ metric, values, histograms }) => ({
				metric,
				values: values ?? [],
				histograms: histograms ?? [],
			})),
			warnings: found.warnings ?? [],
		};
	}

	/** Names of labels, or of one label's values, among the series these selectors hold (any of them; all series without). */
	async names(label: string | null, selectors: readonly string[], window: TimeWindow, call: Call): Promise<string[]> {
		const params = {
			"match[]": selectors,
			start: seconds(window.fromUnixNano),
			end: seconds(window.toUnixNano),
			limit: String(call.limit),
		};
		const path = label === null ? "/api/v1/labels" : `/api/v1/label/${labelInPath(label)}/values`;
		return (await this.ask(namesAnswer, path, params, call, { form: label === null })).data;
	}

	async exemplars(promql: string, window: TimeWindow, call: Call): Promise<EngineExemplars> {
		const params = { query: promql, start: seconds(window.fromUnixNano), end: seconds(window.toUnixNano) };
		return (await this.ask(exemplarsAnswer, "/api/v1/query_exemplars", params, call)).data ?? [];
	}

	/** Type and unit by name of metric family; empty where the engine keeps none. */
	async metadata(metric: string, call: Call): Promise<Metadata> {
		const found = await this.engine.json(
			metadataAnswer,
			{ path: "/api/v1/metadata", params: { metric, limit_per_metric: "1" } },
			call,
		);
		return found?.data ?? {};
	}

	/** May label names hold any character (Prometheus 3), or letters, digits and underscores alone? Asked once. */
	async speaksUtf8(call: Call): Promise<boolean> {
		if (this.utf8 !== null) return this.utf8;
		try {
			await this.query('absent({__name__="up","service.name"="x"})', 0n, call);
			this.utf8 = true;
		} catch (error) {
			if (!(error instanceof Refused)) throw error;
			this.utf8 = false;
		}
		return this.utf8;
	}

	private async ask<S extends z.ZodType>(
		schema: S,
		path: string,
		params: NonNullable<EngineRequest["params"]>,
		call: Call,
		{ form = true } = {},
	): Promise<z.output<S>> {
		// The engine stops working on it when nobody waits any more.
		const timed = path.startsWith("/api/v1/query") ? { ...params, timeout: `${Math.ceil(call.deadlineMs)}ms` } : params;
		try {
			const found = await this.engine.json(schema, { path, params: timed, form }, call);
			if (found !== null) return found;
		} catch (error) {
			// The queries are ours: that the engine refuses one (too many samples, an old version) is no fault of the caller.
			if (error instanceof InvalidInput)
				throw new Refused(`${error.message} Ask about a shorter window or fewer services.`);
			throw error;
		}
		throw new Unavailable(`${this.engine.name} does not know ${path}: is the URL right, with its prefix?`);
	}
}

/** The engine understood the question and does not answer it. */
export class Refused extends Unavailable {}

/** Seconds with milliseconds, which is as fine as Prometheus' time is. */
function seconds(ns: bigint): string {
	return (Number(ns / 1_000_000n) / 1000).toFixed(3);
}

/** A label's name in a path: what the legacy alphabet cannot hold is written as `U__..._2e_...`. */
function labelInPath(label: string): string {
	if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(label)) return label;
	const escaped = [...label.toWellFormed()].map((char) => {
		if (char === "_") return "__";
		return /[A-Za-z0-9]/.test(char) ? char : `_${char.codePointAt(0)!.toString(16)}_`;
	});
	return `U__${escaped.join("")}`;
}
