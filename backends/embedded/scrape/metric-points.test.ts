import { describe, expect, it } from "vitest";
import { metricPoints } from "./metric-points.ts";
import { parseOpenMetrics } from "./openmetrics.ts";
import { parsePrometheusText } from "./prometheus-text.ts";

const NOW = 1_700_000_000_000_000_000n;
const context = { service: null, fallbackService: "127.0.0.1:9464", timeUnixNano: NOW };
const openMetrics = (...lines: string[]) => metricPoints(parseOpenMetrics([...lines, "# EOF\n"].join("\n")), context);

describe("the points of a scrape", () => {
	it("have cumulative monotonic sums for counters, with their start and exemplar", () => {
		const points = openMetrics(
			"# TYPE jobs counter",
			"# HELP jobs done",
			'jobs_total{q="a"} 5 # {trace_id="ABCDEF0123456789",span_id="00F067AA0BA902B7",user="u"} 1 1699999999.5',
			'jobs_created{q="a"} 1699990000.25',
			"# TYPE process_start_time_seconds gauge",
			"process_start_time_seconds 1699980000",
			"# TYPE other counter",
			"other_total 1",
		);
		expect(points[0]).toEqual({
			name: "jobs_total",
			type: "sum",
			unit: "",
			description: "done",
			temporality: "cumulative",
			monotonic: true,
			service: "127.0.0.1:9464",
			attributes: { q: "a" },
			resource: { "service.name": "127.0.0.1:9464" },
			startUnixNano: 1_699_990_000_250_000_000n,
			timeUnixNano: NOW,
			value: 5,
			histogram: null,
			exemplars: [
				{
					timeUnixNano: 1_699_999_999_500_000_000n,
					value: 1,
					traceId: "0000000000000000abcdef0123456789",
					spanId: "00f067aa0ba902b7",
					attributes: { user: "u" },
				},
			],
		});
		expect(points.map((one) => [one.name, one.type, one.startUnixNano])).toEqual([
			["jobs_total", "sum", 1_699_990_000_250_000_000n],
			["process_start_time_seconds", "gauge", 0n],
			["other_total", "sum", 1_699_980_000_000_000_000n],
		]);
	});

	it("have one histogram for all lines of it, not cumulative, exemplars kept", () => {
		const [point, ...others] = openMetrics(
			"# TYPE lag_seconds histogram",
			'lag_seconds_bucket{le="0.1"} 2 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"} 0.05',
			'lag_seconds_bucket{le="1"} 5',
			'lag_seconds_bucket{le="+Inf"} 6 # {trace_id="not an id"} 7',
			"lag_seconds_count 6",
			"lag_seconds_sum 8.5",
		);
		expect(others).toEqual([]);
		expect(point).toMatchObject({
			name: "lag_seconds",
			type: "histogram",
			unit: "s",
			temporality: "cumulative",
			histogram: { count: 6, sum: 8.5, min: null, max: null, bounds: [0.1, 1], counts: [2, 3, 1] },
			exemplars: [
				{ value: 0.05, traceId: "4bf92f3577b34da6a3ce929d0e0e4736", timeUnixNano: NOW, attributes: {} },
				{ value: 7, traceId: null, attributes: { trace_id: "not an id" } },
			],
		});
	});

	it("have the same histogram whatever the order of its lines in plain text", () => {
		const points = metricPoints(
			parsePrometheusText(
				'# TYPE h histogram\nh_sum 3\nh_bucket{le="2"} 3\nh_count 4\nh_bucket{le="1"} 1\nh_bucket{le="x"} 9\n',
			),
			context,
		);
		expect(points.map((one) => one.histogram)).toEqual([
			{ count: 4, sum: 3, min: null, max: null, bounds: [1, 2], counts: [1, 2, 1] },
		]);
	});

	it("have a summary's quantiles as gauges beside its count and sum, and none for NaN", () => {
		const points = openMetrics(
			"# TYPE gc_seconds summary",
			'gc_seconds{quantile="0.5"} 0.25',
			'gc_seconds{quantile="1"} NaN',
			"gc_seconds_sum 2",
			"gc_seconds_count 4",
		);
		expect(points).toMatchObject([
			{ name: "gc_seconds", type: "gauge", value: 0.25, attributes: { quantile: "0.5" }, temporality: "unspecified" },
			{ name: "gc_seconds", type: "summary", histogram: { count: 4, sum: 2, bounds: [], counts: [4] }, attributes: {} },
		]);
	});

	it("have no temporality for a gauge histogram, and gauges for states, infos and unknowns", () => {
		const points = openMetrics(
			"# TYPE depth gaugehistogram",
			'depth_bucket{le="+Inf"} 1',
			"depth_gcount 1",
			"depth_gsum 2",
			"# TYPE mode stateset",
			'mode{mode="on"} 1',
			"# TYPE build info",
			'build_info{v="1"} 1',
			"mystery 7",
		);
		expect(points.map((one) => [one.name, one.type, one.temporality])).toEqual([
			["depth", "histogram", "unspecified"],
			["mode", "gauge", "unspecified"],
			["build_info", "gauge", "unspecified"],
			["mystery", "gauge", "unspecified"],
		]);
	});

	it.each([
		["the name given with the target", "given", 'target_info{service_name="told"} 1\na{service="label"} 1', "given"],
		["target_info", null, 'target_info{job="j",service_name="told"} 1\na{service="label"} 1', "told"],
		["the label service", null, 'a{service="label"} 1', "label"],
		["host and port", null, "a 1", "127.0.0.1:9464"],
	])("belong to the service of %s", (_, service, text, expected) => {
		const points = metricPoints(parsePrometheusText(text), { ...context, service });
		expect(points.map((one) => one.service)).toEqual([expected]);
	});

	it("take resource attributes from target_info by their OpenTelemetry names", () => {
		const [point] = openMetrics(
			"# TYPE target info",
			'target_info{service_name="cart",service_version="2",deployment_environment_name="prod",team="x"} 1',
			"# TYPE a gauge",
			"a 1",
		);
		expect(point!.resource).toEqual({
			"service.name": "cart",
			"service.version": "2",
			"deployment.environment.name": "prod",
			team: "x",
		});
	});

	it("of a time no clock has get the time of the scrape", () => {
		const points = openMetrics("# TYPE a gauge", 'a{b="1"} 1 99999999999999', 'a{b="2"} 1 -5', 'a{b="3"} 1 1600000000');
		expect(points.map((one) => one.timeUnixNano)).toEqual([NOW, NOW, 1_600_000_000_000_000_000n]);
	});
});
