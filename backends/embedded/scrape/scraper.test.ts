import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry, Summary } from "prom-client";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { MetricPoint } from "../../../core/model.ts";
import { DEFAULT_LIMITS } from "./exposition.ts";
import { parseScrapeTargets } from "./scrape-target.ts";
import { type Scraper, type ScraperOptions, startScraper, statusLine, type TargetStatus } from "./scraper.ts";

const servers: Server[] = [];
const scrapers: Scraper[] = [];
afterEach(async () => {
	await Promise.all(scrapers.splice(0).map((one) => one.stop()));
	await Promise.all(servers.splice(0).map((one) => new Promise((done) => one.close(done).closeAllConnections())));
});

async function serve(listener: RequestListener): Promise<string> {
	const server = createServer(listener);
	servers.push(server);
	await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

/** Starts a scraper on one target and waits for its first status. */
async function firstScrape(
	url: string,
	options: Partial<ScraperOptions> = {},
): Promise<{ status: TargetStatus; points: MetricPoint[] }> {
	return new Promise((done) => {
		let points: MetricPoint[] = [];
		scrapers.push(
			startScraper({
				targets: parseScrapeTargets(url),
				intervalMs: 100,
				sink: async (some) => {
					points = some;
				},
				onStatus: (status) => done({ status, points }),
				...options,
			}),
		);
	});
}

describe("the scraper", () => {
	it("reads a prom-client registry in OpenMetrics mode, exemplars and default metrics too", async () => {
		const registry = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>();
		registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
		collectDefaultMetrics({ register: registry });
		const registers = [registry];
		const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
		const exemplarLabels = { trace_id: traceId, span_id: "00f067aa0ba902b7" };
		const name = "http_server_request_duration_seconds";
		const seconds = new Histogram<string>({
			name,
			help: "x",
			labelNames: ["route"],
			buckets: [0.1, 1],
			enableExemplars: true,
			registers,
		});
		seconds.observe({ labels: { route: '/a"\\b' }, value: 0.5, exemplarLabels });
		const jobs = new Counter<string>({ name: "jobs_total", help: "x", enableExemplars: true, registers });
		jobs.inc({ labels: {}, value: 2, exemplarLabels });
		new Gauge({ name: "level", help: "x", registers }).set(Number.NaN);
		new Summary({ name: "size_bytes", help: "x", registers }).observe(7);
		let accept = "";
		const url = await serve(async (request, response) => {
			accept = request.headers.accept ?? "";
			response.setHeader("content-type", registry.contentType);
			response.end(await registry.metrics());
		});
		const { status, points } = await firstScrape(`cart=${url}`);
		expect(status).toMatchObject({ url, service: "cart", up: true, error: null, note: null });
		expect(statusLine(status)).toBe(`up, ${points.length} points in ${status.durationMs} ms`);
		expect(accept).toMatch(/^application\/openmetrics-text/);
		expect(new Set(points.map((one) => one.service))).toEqual(new Set(["cart"]));
		const found = points.find((one) => one.name === name);
		expect(found).toMatchObject({
			unit: "s",
			attributes: { route: '/a"\\b' },
			histogram: { counts: [0, 1, 0], sum: 0.5 },
		});
		expect(found!.exemplars).toMatchObject([{ value: 0.5, traceId, spanId: "00f067aa0ba902b7" }]);
		expect(points.find((one) => one.name === "jobs_total")).toMatchObject({
			value: 2,
			exemplars: [{ value: 2, traceId }],
		});
		expect(points.find((one) => one.name === "process_cpu_seconds_total")).toMatchObject({ type: "sum", unit: "s" });
		expect(points.some((one) => one.name === "level")).toBe(false);
	});

	it("takes plain text where a target has no better, and where its OpenMetrics is broken, saying so", async () => {
		const plain = await firstScrape(
			await serve((_, response) => response.setHeader("content-type", "text/plain").end("a 1\n")),
		);
		expect(plain).toMatchObject({ status: { up: true, note: null }, points: [{ name: "a", value: 1 }] });
		const broken = await firstScrape(
			await serve((request, response) => {
				const open = request.headers.accept!.includes("openmetrics");
				response.setHeader("content-type", open ? "application/openmetrics-text; version=1.0.0" : "text/plain");
				response.end(open ? "a 1\nb 2 # {x=} 1\n# EOF\n" : "a 1\n");
			}),
		);
		expect(broken.points).toMatchObject([{ name: "a", value: 1 }]);
		expect(broken.status).toMatchObject({ up: true, note: expect.stringMatching(/not valid \(line 2: .*plain text/) });
	});

	const text = { "content-type": "text/plain" };
	it.each<[string, RequestListener, RegExp]>([
		["an error", (_, response) => response.writeHead(503).end(), /answered 503/],
		[
			"a redirect",
			(_, response) => response.writeHead(302, { location: "http://127.0.0.1:1/x" }).end(),
			/redirect to http:\/\/127\.0\.0\.1:1\/x/,
		],
		["a page", (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"), /HTML page/],
		["too much", (_, response) => response.writeHead(200, text).end("a 1\n".repeat(1000)), /more than 1000 bytes/],
		[
			"no metrics",
			(_, response) => response.writeHead(200, text).end("hello there\n"),
			/line 1: "there" is not a number/,
		],
		[
			"bytes that are no text",
			(_, response) => response.writeHead(200, text).end(Buffer.from([0xc3, 0x28])),
			/not UTF-8/,
		],
		["a cut connection", (request) => request.socket.destroy(), /./],
	])("calls a target down that answers with %s, in one sentence", async (_, listener, error) => {
		const { status, points } = await firstScrape(await serve(listener), { limits: { ...DEFAULT_LIMITS, text: 1000 } });
		expect(status).toMatchObject({ up: false, points: 0, error: expect.stringMatching(error) });
		expect(statusLine(status)).toBe(`down: ${status.error}`);
		expect(points).toEqual([]);
	});

	it("gives up on a target that does not answer, and stops while one hangs", async () => {
		const url = await serve(() => {});
		const { status } = await firstScrape(url, { timeoutMs: 20 });
		expect(status).toMatchObject({ up: false, error: "did not answer in time" });
		let asked = 0;
		const hanging = await serve(() => void asked++);
		const scraper = startScraper({ targets: parseScrapeTargets(hanging), intervalMs: 60_000, sink: async () => {} });
		scrapers.push(scraper);
		await vi.waitFor(() => expect(asked).toBe(1), 5000);
		await scraper.stop();
	});

	it("says when the store does not take the points", async () => {
		const url = await serve((_, response) => response.writeHead(200, text).end("a 1\n"));
		const { status } = await firstScrape(url, { sink: () => Promise.reject(new Error("the disk is full")) });
		expect(status).toMatchObject({ up: false, error: "the disk is full" });
	});

	it("never asks a target again while it is still busy with its last answer", async () => {
		let requests = 0;
		const url = await serve((_, response) => {
			requests++;
			response.writeHead(200, text).end("a 1\n");
		});
		let busy = 0;
		let most = 0;
		let release = () => {};
		const sink = async () => {
			most = Math.max(most, ++busy);
			if (requests === 3) await new Promise<void>((resolve) => (release = resolve));
			busy--;
		};
		let scrapes = 0;
		scrapers.push(
			startScraper({ targets: parseScrapeTargets(url), intervalMs: 5, sink, onStatus: () => void scrapes++ }),
		);
		await vi.waitFor(() => expect(requests).toBe(3), 5000);
		const before = scrapes;
		release();
		await vi.waitFor(() => expect(scrapes).toBeGreaterThan(before + 3), 5000);
		expect(most).toBe(1);
	});
});

describe("scrape targets", () => {
	it("are a list of URLs, each with a name or without", () => {
		expect(parseScrapeTargets(" http://127.0.0.1:9464 , cart=https://h:1/m?a=b,")).toEqual([
			{ service: null, url: "http://127.0.0.1:9464/metrics" },
			{ service: "cart", url: "https://h:1/m?a=b" },
		]);
		expect(parseScrapeTargets("")).toEqual([]);
	});

	it.each([
		["127.0.0.1:9464", /"127.0.0.1:9464" is not a scrape target: write http/],
		["file:///etc/passwd", /is not a scrape target/],
		["http://u:p@h/", /holds a password/],
		["http://h/,x=http://h/metrics", /given twice/],
	])("like %s are refused with what to write", (text, reason) => {
		expect(() => parseScrapeTargets(text)).toThrow(reason);
	});
});
