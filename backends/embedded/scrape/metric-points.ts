import { normaliseSpanId, normaliseTraceId } from "../../../core/ids.ts";
import type { Attributes, Exemplar, MetricPoint } from "../../../core/model.ts";
import { MAX_UNIX_NANO } from "../../../core/time.ts";
import { type ExpositionExemplar, type Family, type Label, labelValue } from "./exposition.ts";
import { histogramSeries, type Series, singleSeries, summarySeries } from "./series.ts";

export interface ScrapeContext {
	/** The name given with the target; wins over everything the target says of itself. */
	service: string | null;
	/** For targets that name no service: host and port. */
	fallbackService: string;
	/** When the scrape began: the time of points that carry none. */
	timeUnixNano: bigint;
}

/** Prometheus unit words to UCUM, as OTLP writes them. */
const UCUM: Record<string, string> = {
	seconds: "s",
	milliseconds: "ms",
	microseconds: "us",
	nanoseconds: "ns",
	minutes: "min",
	hours: "h",
	days: "d",
	bytes: "By",
	kilobytes: "kBy",
	megabytes: "MBy",
	ratio: "1",
	percent: "%",
	celsius: "Cel",
	meters: "m",
	volts: "V",
	amperes: "A",
	joules: "J",
	watts: "W",
	hertz: "Hz",
	grams: "g",
};

/** Labels of `target_info` that exporters make of resource attributes, back to their names. */
const RESOURCE_KEYS: Record<string, string> = {
	job: "service.name",
	service: "service.name",
	service_name: "service.name",
	service_namespace: "service.namespace",
	service_version: "service.version",
	instance: "service.instance.id",
	service_instance_id: "service.instance.id",
	deployment_environment: "deployment.environment.name",
	deployment_environment_name: "deployment.environment.name",
	host_name: "host.name",
	process_pid: "process.pid",
	telemetry_sdk_language: "telemetry.sdk.language",
	telemetry_sdk_name: "telemetry.sdk.name",
	telemetry_sdk_version: "telemetry.sdk.version",
};

/**
 * The points of one scrape. Names stay as Prometheus shows them (`http_requests_total`, a histogram's without `_bucket`), units become
 * UCUM. Counters are cumulative monotonic sums; a summary's quantiles are gauges with a `quantile` attribute beside its count and
 * sum; a gauge histogram has no temporality. The start of a cumulative series is its `_created`, else the process's start, else 0
 * (unknown). Values that are not finite have no point.
 */
export function metricPoints(families: readonly Family[], context: ScrapeContext): MetricPoint[] {
	const info = resourceOf(families);
	const told = context.service ?? info.get("service.name");
	const resources = new Map<string, Attributes>();
	const resourceFor = (service: string): Attributes => {
		let resource = resources.get(service);
		if (!resource) {
			resource = { ...Object.fromEntries(info), "service.name": service };
			resources.set(service, resource);
		}
		return resource;
	};
	const processStart = processStartOf(families);
	const points: MetricPoint[] = [];
	for (const family of families) {
		for (const series of seriesOf(family)) {
			const cumulative = series.type === "sum" || (series.type !== "gauge" && family.type !== "gaugehistogram");
			const service = told ?? labelValue(series.labels, "service") ?? context.fallbackService;
			const timeUnixNano = inRange(series.timeUnixNano) ?? context.timeUnixNano;
			points.push({
				name: series.name,
				type: series.type,
				unit: unitOf(family),
				description: family.help,
				temporality: cumulative ? "cumulative" : "unspecified",
				monotonic: series.type === "sum",
				service,
				attributes: Object.fromEntries(series.labels),
				resource: resourceFor(service),
				startUnixNano: cumulative ? (secondsToNano(series.createdSeconds) ?? processStart ?? 0n) : 0n,
				timeUnixNano,
				value: series.value,
				histogram: series.histogram,
				exemplars: series.exemplars.flatMap((one) => exemplarOf(one, timeUnixNano)),
			});
		}
	}
	return points;
}

function seriesOf(family: Family): Iterable<Series> {
	if (family.type === "histogram" || family.type === "gaugehistogram") return histogramSeries(family);
	if (family.type === "summary") return summarySeries(family);
	return singleSeries(family);
}

/** `{trace_id="..",span_id=".."}` in any spelling; what is no id stays an attribute. */
function exemplarOf(exemplar: ExpositionExemplar, pointTime: bigint): Exemplar[] {
	if (!Number.isFinite(exemplar.value)) return [];
	let traceId: string | null = null;
	let spanId: string | null = null;
	const others: Label[] = [];
	for (const label of exemplar.labels) {
		const key = label[0].toLowerCase().replaceAll("_", "");
		const trace = key === "traceid" ? normaliseTraceId(label[1]) : null;
		const span = key === "spanid" ? normaliseSpanId(label[1]) : null;
		traceId ??= trace;
		spanId ??= span;
		if (trace === null && span === null) others.push(label);
	}
	const timeUnixNano = inRange(exemplar.timeUnixNano) ?? pointTime;
	return [{ timeUnixNano, value: exemplar.value, traceId, spanId, attributes: Object.fromEntries(others) }];
}

/** What `target_info` says, by OpenTelemetry's names. */
function resourceOf(families: readonly Family[]): Map<string, string> {
	const entries = new Map<string, string>();
	for (const family of families) {
		const info = family.samples.find((sample) => sample.name === "target_info");
		for (const [name, value] of info?.labels ?? []) {
			const key = Object.hasOwn(RESOURCE_KEYS, name) ? RESOURCE_KEYS[name]! : name;
			if (!entries.has(key) || name.startsWith("service_")) entries.set(key, value);
		}
	}
	return entries;
}

function processStartOf(families: readonly Family[]): bigint | null {
	const family = families.find((one) => one.name === "process_start_time_seconds");
	return secondsToNano(family?.samples[0]?.value ?? null);
}

function unitOf({ name, unit }: Family): string {
	const base = name.endsWith("_total") ? name.slice(0, -"_total".length) : name;
	const word = unit || base.slice(base.lastIndexOf("_") + 1);
	if (Object.hasOwn(UCUM, word)) return UCUM[word]!;
	return unit;
}

function secondsToNano(seconds: number | null): bigint | null {
	if (seconds === null || !(seconds >= 0 && seconds < 9e9)) return null;
	return BigInt(Math.round(seconds * 1e6)) * 1000n;
}

function inRange(nano: bigint | null): bigint | null {
	return nano !== null && nano >= 0n && nano <= MAX_UNIX_NANO ? nano : null;
}
