/** The collector's files, run: a real collector between this test and a small HTTP server that stands where Tempo, Loki and Prometheus stand. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { binaryOf, missingEngines } from "../build.ts";
import { howToBuild } from "../engines.ts";

const missing = missingEngines(["collector"]);

const RECORD_POLICY = "processor.tailsamplingprocessor.recordpolicy";
const SERVER = 2;
const ERROR = 2;

interface Attribute {
	key: string;
	value: Record<string, unknown>;
}
interface Item {
	resource: Record<string, unknown>;
	attributes: Record<string, unknown>;
	name: string;
	traceId: string;
	traceState: string;
	body: string;
	whole: string;
}
interface Point {
	name: string;
	unit: string;
	labels: Record<string, unknown>;
	count: number;
}

/** What would be the engines: keeps what the collector posts, as JSON. */
class Sink {
	readonly spans: Item[] = [];
	readonly logs: Item[] = [];
	readonly points: Point[] = [];
	readonly resources: Record<string, unknown>[] = [];
	readonly tenants = new Set<string>();
	readonly paths = new Set<string>();
	largestBytes = 0;
	#server: Server | undefined;

	async start(): Promise<string> {
		const server = createServer(async (request, response) => {
			const chunks: Buffer[] = [];
			for await (const chunk of request) chunks.push(chunk as Buffer);
			const bytes = Buffer.concat(chunks);
			this.largestBytes = Math.max(this.largestBytes, bytes.length);
			this.paths.add(request.url ?? "");
			this.tenants.add(String(request.headers["x-scope-orgid"]));
			this.#take(JSON.parse(bytes.toString("utf8")));
			response.writeHead(200, { "content-type": "application/json" }).end("{}");
		});
		this.#server = server;
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	}

	stop(): void {
		this.#server?.close();
		this.#server?.closeAllConnections();
	}

	// biome-ignore lint/suspicious/noExplicitAny: OTLP/JSON from the collector itself, read by the few fields this test asks about
	#take(body: any): void {
		for (const kind of ["Spans", "Logs", "Metrics"] as const) {
			for (const group of body[`resource${kind}`] ?? []) {
				const resource = plain(group.resource?.attributes);
				if (kind === "Metrics") this.resources.push(resource);
				for (const scope of group[`scope${kind}`] ?? []) {
					for (const span of scope.spans ?? []) this.spans.push(item(resource, span));
					for (const record of scope.logRecords ?? []) this.logs.push(item(resource, record));
					for (const metric of scope.metrics ?? []) {
						for (const point of (metric.histogram ?? metric.sum ?? metric.gauge).dataPoints) {
							const count = Number(point.count ?? point.asInt ?? point.asDouble);
							this.points.push({
								name: metric.name,
								unit: metric.unit ?? "",
								labels: { ...resource, ...plain(point.attributes) },
								count,
							});
						}
					}
				}
			}
		}
	}
}

// biome-ignore lint/suspicious/noExplicitAny: as above
function item(resource: Record<string, unknown>, raw: any): Item {
	return {
		resource,
		attributes: plain(raw.attributes),
		name: raw.name ?? "",
		traceId: raw.traceId ?? "",
		traceState: raw.traceState ?? "",
		body: JSON.stringify(raw.body ?? null),
		whole: JSON.stringify(raw),
	};
}

function plain(attributes: Attribute[] = []): Record<string, unknown> {
	return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

function attributes(values: Record<string, string | string[]>): Attribute[] {
	return Object.entries(values).map(([key, value]) => ({
		key,
		value: Array.isArray(value)
			? { arrayValue: { values: value.map((text) => ({ stringValue: text })) } }
			: { stringValue: value },
	}));
}

interface SpanOptions {
	traceId?: string;
	name?: string;
	kind?: number;
	status?: { code?: number; message?: string };
	attributes?: Record<string, string | string[]>;
	durationMs?: number;
	events?: Record<string, string>;
}

function hex(length: number): string {
	return randomBytes(length / 2).toString("hex");
}

function span(options: SpanOptions): object {
	const start = BigInt(Date.now()) * 1_000_000n;
	return {
		traceId: options.traceId ?? hex(32),
		spanId: hex(16),
		name: options.name ?? "GET /",
		kind: options.kind ?? SERVER,
		startTimeUnixNano: String(start),
		endTimeUnixNano: String(start + BigInt(options.durationMs ?? 5) * 1_000_000n),
		attributes: attributes(options.attributes ?? {}),
		status: options.status ?? {},
		...(options.events
			? { events: [{ timeUnixNano: String(start), name: "exception", attributes: attributes(options.events) }] }
			: {}),
	};
}

function traces(resource: Record<string, string>, spans: object[]): object {
	return { resourceSpans: [{ resource: { attributes: attributes(resource) }, scopeSpans: [{ spans }] }] };
}

function logs(resource: Record<string, string>, records: object[]): object {
	return { resourceLogs: [{ resource: { attributes: attributes(resource) }, scopeLogs: [{ logRecords: records }] }] };
}

function record(body: object, values: Record<string, string> = {}): object {
	return {
		timeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
		severityText: "INFO",
		body,
		attributes: attributes(values),
	};
}

function metrics(resource: Record<string, string>): object {
	const timeUnixNano = String(BigInt(Date.now()) * 1_000_000n);
	const dataPoints = [
		{ asDouble: 1, timeUnixNano, attributes: attributes({ route: "/x", "api.key": "metric-secret" }) },
	];
	const scopeMetrics = [{ metrics: [{ name: "carts_open", gauge: { dataPoints } }] }];
	return { resourceMetrics: [{ resource: { attributes: attributes(resource) }, scopeMetrics }] };
}

interface Collector {
	sink: Sink;
	url: string;
	metricsUrl: string;
	send(signal: "traces" | "logs" | "metrics", body: object): Promise<void>;
	stop(): Promise<void>;
}

/** @param variant a file laid over collector.yaml @param environment beside addresses */
async function startCollector(variant: string | null, environment: Record<string, string> = {}): Promise<Collector> {
	const sink = new Sink();
	const sinkUrl = await sink.start();
	const [grpc, http, health, own] = await freePorts(4);
	const files = ["collector.yaml", ...(variant ? [variant] : [])].map((file) =>
		fileURLToPath(new URL(`../../collector-config/${file}`, import.meta.url)),
	);
	// JSON instead of protobuf is all that differs from what users run.
	const legible = ["tempo", "loki", "prometheus"].flatMap((name) => [
		`yaml:exporters::otlp_http/${name}::encoding: json`,
		`yaml:exporters::otlp_http/${name}::compression: none`,
	]);
	const child: ChildProcess = spawn(
		binaryOf("collector"),
		[`--feature-gates=${RECORD_POLICY}`, ...[...files, ...legible].flatMap((config) => ["--config", config])],
		{
			stdio: ["ignore", "ignore", "pipe"],
			env: {
				NODE_ENV: process.env.NODE_ENV,
				PATH: process.env.PATH,
				COLLECTOR_HOST: "127.0.0.1",
				COLLECTOR_OTLP_GRPC_PORT: String(grpc),
				COLLECTOR_OTLP_HTTP_PORT: String(http),
				COLLECTOR_HEALTH_PORT: String(health),
				COLLECTOR_METRICS_PORT: String(own),
				TEMPO_OTLP_ENDPOINT: sinkUrl,
				LOKI_OTLP_ENDPOINT: `${sinkUrl}/otlp`,
				PROMETHEUS_OTLP_ENDPOINT: `${sinkUrl}/api/v1/otlp`,
				PROMETHEUS_TENANT: "shop",
				...environment,
			},
		},
	);
	let output = "";
	child.stderr?.setEncoding("utf8").on("data", (text: string) => {
		output = (output + text).slice(-10_000);
	});
	const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
	await until("the collector's health check", async () => {
		if (child.exitCode !== null) throw new Error(`the collector ended with ${child.exitCode}:\n${output}`);
		const answer = await fetch(`http://127.0.0.1:${health}/`).catch(() => null);
		return answer?.status === 200;
	});
	const url = `http://127.0.0.1:${http}`;
	return {
		sink,
		url,
		metricsUrl: `http://127.0.0.1:${own}/metrics`,
		async send(signal, body) {
			const answer = await fetch(`${url}/v1/${signal}`, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify(body),
			});
			if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
		},
		async stop() {
			child.kill("SIGTERM");
			await exited;
			sink.stop();
		},
	};
}

async function freePorts(wanted: number): Promise<number[]> {
	const held = await Promise.all(
		Array.from({ length: wanted }, async () => {
			const server = createTcpServer();
			await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
			return server;
		}),
	);
	const ports = held.map((server) => (server.address() as AddressInfo).port);
	await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
	return ports;
}

async function until<T>(what: string, look: () => T | Promise<T>): Promise<Exclude<T, false | undefined>> {
	const deadline = Date.now() + 30_000;
	for (;;) {
		const found = await look();
		if (found) return found as Exclude<T, false | undefined>;
		if (Date.now() > deadline) throw new Error(`no sign of ${what} in 30 s`);
		await new Promise((resolve) => setTimeout(resolve, 25));
	}
}

const on = (what: string) => (missing.length > 0 ? `${what} (${howToBuild(missing)})` : what);

describe.skipIf(missing.length > 0)(on("the collector"), () => {
	let collector: Collector;
	let sink: Sink;
	beforeAll(async () => {
		collector = await startCollector(null);
		sink = collector.sink;
	});
	afterAll(() => collector?.stop());

	it.each<[string, Record<string, string | string[]>]>([
		["an authorization header", { "http.request.header.authorization": ["Basic SECRETSECRET"] }],
		["a proxy's authorization", { "http.request.header.proxy-authorization": "SECRET" }],
		["a cookie", { "http.request.header.cookie": ["sid=SECRET; theme=dark"] }],
		["a cookie that is set", { "http.response.header.set-cookie": "sid=SECRET; HttpOnly" }],
		["a password", { "db.password": "SECRET" }],
		["a password by another spelling", { dbPassword: "SECRET" }],
		["an API key", { "http.request.header.x_api_key": "SECRET" }],
		["an access token", { accessToken: "SECRET" }],
		["a token of a card", { card_token: "SECRET" }],
		["a bearer token in a text", { note: "sent Bearer SECRETSECRETSECRETSECRET to it" }],
		["a JSON Web Token", { note: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJTRUNSRVQifQ.SECRET" }],
		["a password in a URL", { "url.full": "postgres://shop:SECRET@catalog-db:5432/catalog" }],
		["a token in a query", { "url.full": "https://shop.example/reset?user=7&token=SECRET&x=1" }],
		["a password in JSON", { payload: '{"user":"ann","password":"SECRET with \\"quotes\\""}' }],
		["a key of AWS", { note: "AKIASECRETSECRETSECR" }],
		["a private key", { note: "-----BEGIN RSA PRIVATE KEY-----\nSECRET\n-----END RSA PRIVATE KEY-----" }],
	])("lets no secret through in spans, their events or log lines: %s", async (what, values) => {
		const name = `redaction: ${what}`;
		const texts = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
		await collector.send(
			"traces",
			traces({ "service.name": "cart", ...texts }, [span({ name, attributes: values, events: texts })]),
		);
		const body = { stringValue: `${name}; ${Object.values(texts)[0]}` };
		const fields = Object.entries(texts).map(([key, value]) => ({ key, value: { stringValue: value } }));
		await collector.send(
			"logs",
			logs({ "service.name": "cart" }, [record({ kvlistValue: { values: fields } }, { ...texts, name })]),
		);
		// A text has no key to tell by: there only what shows itself is found.
		if ("note" in values || "url.full" in values || "payload" in values) {
			await collector.send("logs", logs({ "service.name": "cart" }, [record(body, { name })]));
		}
		const arrived = await until("both", () => {
			const spans = sink.spans.filter((each) => each.name === name);
			const lines = sink.logs.filter((each) => each.attributes.name === name);
			return spans.length > 0 && lines.length > 0 && [...spans, ...lines];
		});
		for (const each of arrived) expect(each.whole + JSON.stringify(each.resource)).not.toContain("SECRET");
		expect(arrived[0]?.whole).toContain("****");
	});

	it("leaves what is no secret as it is", async () => {
		const harmless = {
			"gen_ai.usage.input_tokens": "812",
			"session.id": "5f1c",
			"url.full": "https://shop.example/search?q=basic+authentication&page=2",
			"db.query.text": "SELECT id, password_changed_at FROM users WHERE token_count > 3",
			"http.request.header.content-type": "application/json",
			note: "Basic authentication failed; the bearer of this ticket gets 4bf92f3577b34da6a3ce929d0e0e4736",
		};
		await collector.send(
			"traces",
			traces({ "service.name": "cart" }, [span({ name: "harmless", attributes: harmless })]),
		);
		const arrived = await until("it", () => sink.spans.find((each) => each.name === "harmless"));
		expect(arrived.attributes).toEqual(harmless);
	});

	it("takes secrets out of a span's status and a metric's labels", async () => {
		const message = "connect postgres://shop:SECRET@db/x failed: password=SECRET rejected";
		await collector.send(
			"traces",
			traces({ "service.name": "cart" }, [span({ name: "status", status: { code: ERROR, message } })]),
		);
		const arrived = await until("the span", () => sink.spans.find((each) => each.name === "status"));
		expect(arrived.whole).not.toContain("SECRET");
		expect(arrived.whole).toContain("rejected");
		await collector.send("metrics", metrics({ "service.name": "labels" }));
		const point = await until("the point", () => sink.points.find((each) => each.labels["service.name"] === "labels"));
		expect(point.labels).toMatchObject({ route: "/x", "api.key": "****" });
	});

	it("drops probes that succeed, and nothing else", async () => {
		const probe = (name: string, attributes: Record<string, string>, more: SpanOptions = {}) =>
			span({ name, attributes, ...more });
		const dropped = [
			"/health",
			"/healthz",
			"/readyz",
			"/livez",
			"/api/health",
			"/actuator/health/liveness",
			"/-/ready",
			"/ping",
		];
		const kept = ["/healthcare", "/products/health", "/api/health/history", "/"];
		await collector.send(
			"traces",
			traces({ "service.name": "probed" }, [
				...dropped.map((path) => probe(`probe ${path}`, { "url.path": path })),
				probe("probe old", { "http.target": "/healthz?full=1" }),
				probe("probe grpc", { "rpc.service": "grpc.health.v1.Health" }),
				...kept.map((path) => probe(`kept ${path}`, { "url.path": path })),
				probe("kept failing", { "url.path": "/healthz" }, { status: { code: ERROR } }),
				probe("kept inner", { "url.path": "/healthz" }, { kind: 1 }),
			]),
		);
		const names = await until("what is kept", () => {
			const names = sink.spans.filter((each) => each.resource["service.name"] === "probed").map((each) => each.name);
			return names.includes("kept inner") && names;
		});
		expect(names.sort()).toEqual([...kept.map((path) => `kept ${path}`), "kept failing", "kept inner"].sort());
	});

	it.each<[string, Record<string, string>, Record<string, string | undefined>]>([
		[
			"a full set",
			{ "service.name": "a", "service.namespace": "shop", "service.version": "1" },
			{ "service.name": "a", "service.namespace": "shop", "service.version": "1" },
		],
		[
			"the environment by its old name",
			{ "service.name": "b", "deployment.environment": "prod" },
			{ "deployment.environment.name": "prod", "deployment.environment": undefined },
		],
		[
			"both names of the environment",
			{ "service.name": "c", "deployment.environment": "old", "deployment.environment.name": "new" },
			{ "deployment.environment.name": "new", "deployment.environment": undefined },
		],
		[
			"spaces around a name",
			{ "service.name": " d\n", "service.version": " " },
			{ "service.name": "d", "service.version": undefined },
		],
		["no name on Kubernetes", { "k8s.deployment.name": "e" }, { "service.name": "e" }],
		[
			"an SDK's placeholder",
			{ "service.name": "unknown_service:node", "k8s.deployment.name": "f" },
			{ "service.name": "f" },
		],
		["no name at all", { "host.name": "g" }, { "service.name": "unknown_service" }],
	])("gives spans, logs and metrics of one service one name: %s", async (what, resource, expected) => {
		const given = { ...resource, case: what };
		await collector.send("traces", traces(given, [span({})]));
		await collector.send("logs", logs(given, [record({ stringValue: "x" })]));
		await collector.send("metrics", metrics(given));
		const found = await until("all three", () => {
			const all = [sink.spans.map((each) => each.resource), sink.logs.map((each) => each.resource), sink.resources];
			const three = all.map((resources) => resources.find((each) => each.case === what));
			return three.every(Boolean) && three;
		});
		for (const each of found) {
			for (const [key, value] of Object.entries(expected)) expect(each?.[key]).toBe(value);
		}
	});

	it("passes attributes of 64 KB and a trace of 20,000 spans whole", async () => {
		const long = "é".repeat(32 * 1024);
		const traceId = hex(32);
		const spans = Array.from({ length: 20_000 }, (_, index) =>
			span({ traceId, name: "big", attributes: index % 500 === 0 ? { long } : { index: String(index) } }),
		);
		await collector.send("traces", traces({ "service.name": "big" }, spans));
		const arrived = await until("20,000 spans", () => {
			const arrived = sink.spans.filter((each) => each.traceId === traceId);
			return arrived.length === 20_000 && arrived;
		});
		expect(arrived.filter((each) => each.attributes.long === long)).toHaveLength(40);
		expect(sink.largestBytes).toBeLessThan(64 * 1024 * 1024);
	});

	it("sends each signal where its engine takes it, with the tenant, and tells about itself", async () => {
		expect([...sink.paths].sort()).toEqual(["/api/v1/otlp/v1/metrics", "/otlp/v1/logs", "/v1/traces"]);
		expect([...sink.tenants].sort()).toEqual(["anonymous", "shop"]);
		const own = await (await fetch(collector.metricsUrl)).text();
		expect(own).toMatch(/otelcol_receiver_accepted_spans\S* \d/);
		expect(own).toMatch(/otelcol_exporter_queue_size\S*otlp_http\/tempo/);
	});
});

describe.skipIf(missing.length > 0)(on("the collector that samples tails"), () => {
	const PLAIN = 400;
	let collector: Collector;
	let sink: Sink;
	beforeAll(async () => {
		collector = await startCollector("collector-tail-sampling.yaml", {
			COLLECTOR_DECISION_WAIT: "1s",
			COLLECTOR_SPAN_METRICS_INTERVAL: "1s",
		});
		sink = collector.sink;
		const resource = { "service.name": "orders", "service.version": "5.2.0", "deployment.environment.name": "prod" };
		const plainSpans = Array.from({ length: PLAIN }, () => span({ name: "plain" }));
		const errorTrace = hex(32);
		await collector.send(
			"traces",
			traces(resource, [
				...plainSpans,
				span({ name: "failed", status: { code: ERROR }, traceId: errorTrace }),
				span({ name: "beside the failure", traceId: errorTrace }),
				span({ name: "slow", durationMs: 1_500 }),
			]),
		);
		await until("the slow trace", () => sink.spans.some((each) => each.name === "slow"));
	});
	afterAll(() => collector?.stop());

	it("keeps errors and slow traces whole, each standing for itself", () => {
		for (const name of ["failed", "beside the failure", "slow"]) {
			expect(sink.spans.filter((each) => each.name === name)).toMatchObject([{ traceState: "" }]);
		}
	});

	it("keeps a share of the rest, each saying how many it stands for", async () => {
		const kept = await until("a share of the rest", () => {
			const kept = sink.spans.filter((each) => each.name === "plain");
			return kept.length > PLAIN * 0.02 && kept;
		});
		expect(kept.length).toBeLessThan(PLAIN * 0.25);
		const file = readFileSync(new URL("../../collector-config/collector-tail-sampling.yaml", import.meta.url), "utf8");
		const share = Number(/sampling_percentage: (\d+)/.exec(file)?.[1]) / 100;
		for (const { traceState } of kept) {
			const threshold = /^ot=th:([0-9a-f]+)$/.exec(traceState)?.[1] ?? "";
			expect(1 - Number.parseInt(threshold.padEnd(14, "0"), 16) / 2 ** 56).toBeCloseTo(share, 6);
		}
	});

	it("takes span metrics of all spans, under the names and labels of Tempo's generator", async () => {
		const plainLabels = {
			service: "orders",
			"span.name": "plain",
			"span.kind": "SPAN_KIND_SERVER",
			"status.code": "STATUS_CODE_UNSET",
			"service.version": "5.2.0",
			"deployment.environment.name": "prod",
		};
		for (const name of ["traces.spanmetrics.calls", "traces.spanmetrics.latency"]) {
			const point = await until(name, () =>
				sink.points.find((each) => each.name === name && each.labels["span.name"] === "plain" && each.count === PLAIN),
			);
			expect(point.labels).toMatchObject(plainLabels);
			// A unit would become part of the name: traces_spanmetrics_latency_seconds.
			expect(point.unit).toBe("");
		}
	});
});
