/** An engine that is down, slow, or answers rubbish: one sentence each, in time. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { callOf } from "../../conformance/scene.ts";
import type { PrometheusMetrics } from "./prometheus-metrics.ts";
import { metricsAt } from "./testing-prometheus.ts";

const window = { fromUnixNano: 1_700_000_000_000_000_000n, toUnixNano: 1_700_000_300_000_000_000n };
const asks: [string, (metrics: PrometheusMetrics, deadlineMs: number) => Promise<unknown>][] = [
	["RED", (m, deadlineMs) => m.red({ byRoute: false, window, stepNs: 60_000_000_000n }, callOf({ deadlineMs }))],
	["exemplars", (m, deadlineMs) => m.exemplars({ window }, callOf({ deadlineMs }))],
	["series", (m, deadlineMs) => m.series({ metric: "x", window, stepNs: 60_000_000_000n }, callOf({ deadlineMs }))],
	["services", (m, deadlineMs) => m.services(window, callOf({ deadlineMs }))],
	["fields", (m, deadlineMs) => m.fields({ window }, callOf({ deadlineMs }))],
];

let server: Server | undefined;
afterEach(() => {
	server?.closeAllConnections();
	server?.close();
	server = undefined;
});

async function answering(listener: RequestListener): Promise<PrometheusMetrics> {
	const started = createServer(listener);
	server = started;
	await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
	return metricsAt(`http://127.0.0.1:${(started.address() as AddressInfo).port}`);
}

const json =
	(body: unknown): RequestListener =>
	(_, answer) => {
		answer.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
	};

describe.each(asks)("%s", (_, ask) => {
	it("say that the engine cannot be reached when it is down", async () => {
		const metrics = await answering(json({}));
		server?.close();
		server = undefined;
		await expect(ask(metrics, 5_000)).rejects.toMatchObject({
			name: "Unavailable",
			message: expect.stringMatching(/^Prometheus cannot be reached at 127/),
		});
	});

	it("end at the deadline when it is slow", async () => {
		const metrics = await answering(() => undefined);
		await expect(ask(metrics, 150)).rejects.toMatchObject({
			name: "DeadlineExceeded",
			message: expect.stringMatching(/^Prometheus did not answer within/),
		});
	});

	it.each([
		["a page", (_: unknown, answer: { end(text: string): void }) => answer.end("<html>Welcome to nginx!</html>")],
		["another shape", json({ status: "success", data: { resultType: "streams", result: 5 } })],
		["an error with 200", json({ status: "error", errorType: "internal", error: "boom" })],
		[
			"half an answer",
			(_: unknown, answer: { end(text: string): void }) =>
				answer.end('{"status":"success","data":{"resultType":"vector","resu'),
		],
	] as [string, RequestListener][])("say what is wrong with an answer that is %s", async (_, listener) => {
		const metrics = await answering(listener);
		await expect(ask(metrics, 5_000)).rejects.toMatchObject({
			name: "Unavailable",
			message: expect.stringMatching(/^Prometheus answered/),
		});
	});
});

it("numbers that are none leave the rest of an answer standing", async () => {
	const metrics = await answering((asked, answer) => {
		const url = new URL(asked.url!, "http://x");
		const named = url.pathname.endsWith("/values");
		const name = "http_server_request_duration_seconds_bucket";
		const range = url.pathname.endsWith("query_range");
		const rows = [
			{ metric: { service_name: "a", le: "+Inf", trivet_variant: "0" }, values: [["x"], [], [1_700_000_060, {}]] },
		];
		const data = named ? [name] : range ? { resultType: "matrix", result: rows } : { resultType: "vector", result: [] };
		answer.end(JSON.stringify({ status: "success", data }));
	});
	const answer = await metrics.red({ byRoute: false, window, stepNs: 60_000_000_000n }, callOf());
	expect(answer.data[0]?.summary).toMatchObject({ calls: 0, p95Ms: null });
});

it("one metric that takes too long leaves those of the other services standing, and says so", async () => {
	const names = ["http_server_request_duration_seconds_bucket", "traces_spanmetrics_latency_bucket"];
	const metrics = await answering(async (asked, answer) => {
		let body = "";
		for await (const chunk of asked) body += chunk;
		const text = new URLSearchParams(body).get("query") ?? "";
		if (text.includes("rate(") && text.includes("spanmetrics")) return;
		const row = (labels: Record<string, string>) => ({
			metric: { le: "+Inf", ...labels },
			values: [[1_700_000_060, "4"]],
		});
		const found = text.includes("count_over_time")
			? [row({ service: "quick", trivet_variant: "0" }), row({ service: "slow", trivet_variant: "1" })]
			: [row({ service: "quick", trivet_kind: "calls" })];
		const isRange = asked.url!.includes("query_range");
		const data = asked.url!.includes("/values")
			? names
			: { resultType: isRange ? "matrix" : "vector", result: isRange ? found : [] };
		answer.end(JSON.stringify({ status: "success", data, warnings: ["one store gateway is missing"] }));
	});
	const answer = await metrics.red({ byRoute: false, window, stepNs: 60_000_000_000n }, callOf({ deadlineMs: 1_000 }));
	expect(answer.status).toBe("partial");
	expect(answer.reasons).toEqual([
		"one store gateway is missing",
		expect.stringMatching(/^Prometheus did not answer within/),
	]);
	expect(answer.data.map((one) => [one.service, one.summary.calls])).toEqual([["quick", 8]]);
});

it("an engine that refuses a query as too large is the engine's trouble, not the caller's", async () => {
	const metrics = await answering((_, answer) => {
		answer
			.writeHead(422)
			.end('{"status":"error","errorType":"execution","error":"query processing would load too many samples"}');
	});
	await expect(asks[0]![1](metrics, 5_000)).rejects.toMatchObject({
		name: "Unavailable",
		message: expect.stringMatching(/too many samples.*shorter window/),
	});
});
