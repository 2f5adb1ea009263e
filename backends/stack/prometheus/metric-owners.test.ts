import { describe, expect, it } from "vitest";
import { namesPattern, RED_VARIANTS, unitOf } from "./metric-names.ts";
import { MetricOwners } from "./metric-owners.ts";

const targets: Record<string, string>[] = [
	{ job: "apps", instance: "a:1", service_name: "cart", deployment_environment_name: "prod", service_version: "2" },
	{ job: "apps", instance: "b:1", service_name: "toy", deployment_environment: "demo" },
	{ job: "shop/web", instance: "w", "deployment.environment.name": "prod" },
];

describe("the owner of a series", () => {
	const owners = new MetricOwners(targets, ["team/odd"]);
	const cases = [
		{
			from: "its own label",
			labels: { service_name: "x", service: "y", job: "apps", instance: "a:1" },
			is: ["x", "prod"],
		},
		{ from: "the label of span metrics", labels: { service: "y", job: "tempo" }, is: ["y", ""] },
		{ from: "target_info of its instance", labels: { job: "apps", instance: "b:1" }, is: ["toy", "demo"] },
		{ from: "its job without the namespace", labels: { job: "shop/web", instance: "other" }, is: ["web", "prod"] },
		{ from: "its job, when a service called so is asked about", labels: { job: "team/odd" }, is: ["team/odd", ""] },
		{
			from: "its job, when targets of it have several owners",
			labels: { job: "apps", instance: "gone" },
			is: ["apps", ""],
		},
	];
	it.each(cases)("comes from $from", ({ labels, is }) => {
		const owner = owners.of(labels as Record<string, string>);
		expect([owner?.service, owner?.environment]).toEqual(is);
	});

	it("is nobody where nothing names one", () => {
		expect(owners.of({ le: "1" })).toBeNull();
	});

	it("needs the instance only where a job has several", () => {
		expect(owners.needInstance).toBe(true);
		expect(new MetricOwners(targets.slice(1)).needInstance).toBe(false);
		expect(owners.jobsOf(new Set(["cart"]))).toEqual(["apps"]);
	});
});

describe("the names of a metric", () => {
	const matches = (metric: string, name: string) => new RegExp(`^(?:${namesPattern(metric)})$`).test(name);
	it.each([
		["http.server.request.duration", "http_server_request_duration_seconds_bucket", true],
		["http.server.request.duration", "http.server.request.duration_count", true],
		["http_server_request_duration_seconds", "http_server_request_duration_seconds", true],
		["queue.depth", "queue_depth_ratio", true],
		["queue.depth", "queue_depth_by_tenant", false],
		["db.calls", "db_calls_total", true],
		["a(b", "a(b", true],
		["a.*", "anything", false],
	])("%s is stored as %s: %s", (metric, name, is) => {
		expect(matches(metric, name)).toBe(is);
	});

	it("end with the unit", () => {
		expect(["x_seconds_bucket", "x_bytes_total", "x"].map(unitOf)).toEqual(["s", "By", ""]);
	});

	it("put the conventions' own histogram before those of spans, and none twice", () => {
		expect(RED_VARIANTS[0]?.name).toBe("http_server_request_duration_seconds_bucket");
		expect(RED_VARIANTS.at(-1)?.profile.metric).toBe("traces_span_metrics_duration_milliseconds");
		expect(new Set(RED_VARIANTS.map(({ name }) => name)).size).toBe(RED_VARIANTS.length);
	});
});
