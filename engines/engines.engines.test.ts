/** The engines themselves: each is ready, takes what is sent to it, gives it back, and is gone when it is stopped or its owner dies. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENGINE_NAMES, howToBuild, missingEngines, type RunningEngines, startEngines } from "./engines.ts";
import { type EngineName, ROOT } from "./recipes.ts";

const missing = missingEngines(ENGINE_NAMES);
const skipped = missing.length > 0 && process.env.CI !== "true";
if (skipped) console.warn(`Skipped: ${howToBuild(missing)}`);

const folder = mkdtempSync(join(tmpdir(), "trivet-engines-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const KB_64 = "x".repeat(64 * 1024);
const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, "0");
const nanoOf = (ms: number): string => `${ms}000000`;
const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
const resource = (service: string) => ({ attributes: [text("service.name", service)] });

function spansOf(service: string, traceId: string, from: number, count: number, atMs: number, note = "") {
	const spans = Array.from({ length: count }, (_, i) => ({
		traceId,
		spanId: hex(from + i, 16),
		...(from + i === 1 ? {} : { parentSpanId: hex(1, 16) }),
		name: `GET /${(from + i) % 50}`,
		kind: 2,
		startTimeUnixNano: nanoOf(atMs),
		endTimeUnixNano: nanoOf(atMs + 20),
		attributes: [text("note", i === 0 ? note : "")],
	}));
	return { resourceSpans: [{ resource: resource(service), scopeSpans: [{ spans }] }] };
}

function lineOf(service: string, body: string, traceId: string, atMs: number, note = "") {
	const logRecords = [
		{
			timeUnixNano: nanoOf(atMs),
			severityNumber: 9,
			severityText: "INFO",
			body: { stringValue: body },
			traceId,
			spanId: hex(1, 16),
			attributes: [text("note", note)],
		},
	];
	return { resourceLogs: [{ resource: resource(service), scopeLogs: [{ logRecords }] }] };
}

function requestsOf(service: string, traceId: string, atMs: number, count: number) {
	const point = {
		startTimeUnixNano: nanoOf(atMs - 60_000),
		timeUnixNano: nanoOf(atMs),
		attributes: [text("http.route", "/x")],
		count,
		sum: count / 10,
		explicitBounds: [0.1, 1],
		bucketCounts: [count, 0, 0],
		exemplars: [{ timeUnixNano: nanoOf(atMs), asDouble: 0.05, traceId, spanId: hex(1, 16) }],
	};
	const metric = {
		name: "http.server.request.duration",
		unit: "s",
		histogram: { aggregationTemporality: 2, dataPoints: [point] },
	};
	return { resourceMetrics: [{ resource: resource(service), scopeMetrics: [{ metrics: [metric] }] }] };
}

async function post(url: string, body: object): Promise<void> {
	const headers = { "content-type": "application/json" };
	const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
	expect([response.status, response.ok ? "" : await response.text()]).toEqual([expect.any(Number), ""]);
}

// biome-ignore lint/suspicious/noExplicitAny: three engines' answers, of which each test looks at one corner
async function get(url: string): Promise<any> {
	const response = await fetch(url);
	if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
	return response.json();
}

async function until<T>(what: string, ask: () => Promise<T | undefined>, withinMs = 60_000): Promise<T> {
	const deadline = Date.now() + withinMs;
	let last: unknown = "nothing";
	while (Date.now() < deadline) {
		try {
			const found = await ask();
			if (found !== undefined) return found;
		} catch (error) {
			last = error;
		}
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	throw new Error(`${what}: not within ${withinMs} ms; last: ${last}`);
}

describe.skipIf(skipped)("the engines", () => {
	let engines: RunningEngines<EngineName>;
	const now = Date.now() - 1000;
	const years = Date.UTC(2021, 4, 3);

	beforeAll(async () => {
		engines = await startEngines(ENGINE_NAMES, { dir: folder, anyAge: true });
	});
	afterAll(() => engines?.stop());

	const traceOf = async (traceId: string) => {
		const { trace } = await get(`${engines.tempo.url}/api/v2/traces/${traceId}`);
		// biome-ignore lint/suspicious/noExplicitAny: as above
		return trace?.resourceSpans?.flatMap((r: any) => r.scopeSpans.flatMap((s: any) => s.spans)) as any[] | undefined;
	};
	const searched = async (service: string, atMs: number) => {
		const q = encodeURIComponent(`{resource.service.name="${service}"}`);
		const at = Math.floor(atMs / 1000);
		const { traces } = await get(`${engines.tempo.url}/api/search?q=${q}&start=${at - 60}&end=${at + 60}`);
		return traces.length > 0 ? traces : undefined;
	};
	const linesOf = async (service: string, atMs: number) => {
		const query = encodeURIComponent(`{service_name="${service}"}`);
		const range = `start=${nanoOf(atMs - 60_000)}&end=${nanoOf(atMs + 60_000)}`;
		const { data } = await get(`${engines.loki.url}/loki/api/v1/query_range?query=${query}&${range}`);
		return data.result.length > 0 ? data.result : undefined;
	};
	const countOf = async (service: string, atMs: number) => {
		const query = encodeURIComponent(`http_server_request_duration_seconds_count{service_name="${service}"}`);
		const { data } = await get(`${engines.prometheus.url}/api/v1/query?query=${query}&time=${atMs / 1000}`);
		return data.result[0]?.value[1] as string | undefined;
	};

	test.each([
		["just now", now],
		["years ago", years],
	])("each takes what it is sent and gives it back, dated %s", async (when, atMs) => {
		const service = `direct-${when.replace(" ", "-")}`;
		const traceId = hex(atMs, 32);
		await post(`${engines.tempo.otlpUrl}/v1/traces`, spansOf(service, traceId, 1, 1, atMs));
		await post(engines.loki.otlpUrl, lineOf(service, "hello", traceId, atMs));
		await post(engines.prometheus.otlpUrl, requestsOf(service, traceId, atMs, 7));
		expect(await until("trace by ID", async () => (await traceOf(traceId))?.length)).toBe(1);
		await until("trace by search", () => searched(service, atMs));
		const [stream] = await until("line", () => linesOf(service, atMs));
		expect(stream.values[0][1]).toBe("hello");
		expect(stream.stream.trace_id).toBe(traceId);
		expect(await until("metric", () => countOf(service, atMs))).toBe("7");
	});

	test("through the collector each signal reaches its engine, exemplar included, under one name", async () => {
		const traceId = hex(now + 1, 32);
		await post(`${engines.collector.otlpUrl}/v1/traces`, spansOf("through", traceId, 1, 1, now));
		await post(`${engines.collector.otlpUrl}/v1/logs`, lineOf("through", "hello", traceId, now));
		await post(`${engines.collector.otlpUrl}/v1/metrics`, requestsOf("through", traceId, now, 3));
		await until("trace", async () => (await traceOf(traceId))?.length || undefined);
		await until("line", () => linesOf("through", now));
		expect(await until("metric", () => countOf("through", now))).toBe("3");
		const query = 'query=http_server_request_duration_seconds_bucket{service_name="through"}';
		const range = `start=${now / 1000 - 60}&end=${now / 1000 + 60}`;
		const { data } = await get(`${engines.prometheus.url}/api/v1/query_exemplars?${query}&${range}`);
		expect(data[0].exemplars[0].labels.trace_id).toBe(traceId);
	});

	test("a trace of 20,000 spans and attributes of 64 KB pass the collector whole", async () => {
		const traceId = hex(now + 2, 32);
		for (let from = 1; from <= 20_000; from += 4_000) {
			await post(`${engines.collector.otlpUrl}/v1/traces`, spansOf("large", traceId, from, 4_000, now, KB_64));
		}
		await post(`${engines.collector.otlpUrl}/v1/logs`, lineOf("large", KB_64, traceId, now, KB_64));
		const spans = await until("all spans", async () => {
			const found = await traceOf(traceId);
			return found?.length === 20_000 ? found : undefined;
		});
		const notes = spans.flatMap((span) => span.attributes ?? []).map(({ value }) => value.stringValue?.length ?? 0);
		expect(notes.filter((length) => length === KB_64.length)).toHaveLength(5);
		const [stream] = await until("line", () => linesOf("large", now));
		expect([stream.values[0][1].length, stream.stream.note.length]).toEqual([KB_64.length, KB_64.length]);
	});

	test("span metrics and service graphs come from Tempo, with the console's own demo switch as a label", async () => {
		const traceId = hex(now + 3, 32);
		const body = spansOf("generator", traceId, 1, 2, Date.now() - 100);
		body.resourceSpans[0]?.resource.attributes.push(text("deployment.environment.name", "trivet-demo"));
		await post(`${engines.tempo.otlpUrl}/v1/traces`, body);
		const labels = await until("span metrics", async () => {
			const query = 'query=traces_spanmetrics_calls_total{service="generator"}';
			return (await get(`${engines.prometheus.url}/api/v1/query?${query}`)).data.result[0]?.metric;
		});
		expect(labels).toMatchObject({
			span_kind: "SPAN_KIND_SERVER",
			status_code: "STATUS_CODE_UNSET",
			deployment_environment_name: "trivet-demo",
		});
	});

	test("nothing listens beyond loopback, and nothing runs after the stop", async () => {
		const urls = ENGINE_NAMES.flatMap((name) => [engines[name].url, engines[name].otlpUrl].filter(Boolean));
		const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
		for (const { address } of addresses.filter(({ family, internal }) => family === "IPv4" && !internal)) {
			for (const url of urls) {
				const elsewhere = new URL(url);
				elsewhere.hostname = address;
				await expect(fetch(elsewhere)).rejects.toThrow();
			}
		}
		await engines.stop();
		for (const url of urls) await expect(fetch(url)).rejects.toThrow();
	}, 60_000);
});

test.skipIf(skipped)("an engine ends with its owner, a kill -9 included", async () => {
	const dir = join(folder, "owned");
	const script = `import { startEngines } from ${JSON.stringify(join(ROOT, "dist/engines/engines.js"))};
		const { alertmanager } = await startEngines(["alertmanager"], { dir: ${JSON.stringify(dir)} });
		console.log(alertmanager.url); setInterval(() => {}, 1000);`;
	const owner = spawn(process.execPath, ["--input-type=module", "-e", script], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	const [url] = (await once(owner.stdout, "data")).map((chunk: Buffer) => chunk.toString().trim());
	expect((await fetch(`${url}/-/ready`)).ok).toBe(true);
	owner.kill("SIGKILL");
	await until("gone", () =>
		fetch(`${url}/-/ready`).then(
			() => undefined,
			() => true,
		),
	);
});

test.skipIf(skipped)("one that cannot start says why with the end of its log, and the others end with it", async () => {
	const dir = join(folder, "broken");
	const broken = startEngines(["tempo", "alertmanager"], { dir, env: { TEMPO_TRACE_IDLE: "soon" } });
	await expect(broken).rejects.toThrow(/Tempo 2\.8 ended with 1 instead of getting ready.*soon/s);
});
