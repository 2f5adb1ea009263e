import { createServer, type Server } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Behaviour, Capture } from "./testing/capture.ts";
import { type App, killApps, runApp } from "./testing/run-app.ts";

/** Long enough that nothing leaves before the end, and that an end which waits for an answer cannot be mistaken for one that does not. */
const LATE = {
	OTEL_EXPORTER_OTLP_TIMEOUT: "60000",
	OTEL_BSP_SCHEDULE_DELAY: "60000",
	OTEL_BLRP_SCHEDULE_DELAY: "60000",
	OTEL_METRICS_EXPORTER: "otlp",
};

let capture: Capture;
beforeAll(async () => {
	capture = await Capture.start();
});
afterEach(async () => {
	await killApps();
	capture.clear();
	capture.behaviour = "ok";
});
afterAll(() => capture.close());

const lifecycle = (...args: string[]): App => runApp("lifecycle.mjs", { otlp: capture.url, env: LATE, args });

const expectAllArrived = (): void => {
	expect(capture.spans.map(({ name }) => name).sort()).toEqual(["GET", "GET"]);
	expect(capture.records.map(({ body }) => body)).toEqual(["work done"]);
	expect(capture.points.some(({ metric }) => metric === "http.server.request.duration")).toBe(true);
};

describe("what was waiting is sent", () => {
	it("when the app has nothing left to do", async () => {
		expect(await lifecycle("natural").exited).toEqual({ code: 0, signal: null });
		expectAllArrived();
	});

	it.each(["SIGTERM", "SIGINT"] as const)("on %s, and the app still dies of it", async (signal) => {
		const app = lifecycle("serve");
		await app.url();
		expect(await app.stop(signal)).toEqual({ code: null, signal });
		expectAllArrived();
	});

	it("on SIGTERM with the app's own handler, which keeps the last word", async () => {
		const app = lifecycle("own-handler");
		await app.url();
		expect(await app.stop()).toEqual({ code: 7, signal: null });
		expect(app.stdout).toContain("own handler ran");
		expectAllArrived();
	});
});

describe("the app's own end is not changed", () => {
	it("process.exit keeps its code and its moment", async () => {
		expect(await lifecycle("exit").exited).toEqual({ code: 3, signal: null });
	});

	it("an uncaught exception keeps its exit code and its stack on stderr", async () => {
		const app = lifecycle("throw");
		expect(await app.exited).toEqual({ code: 1, signal: null });
		expect(app.stderr).toContain("Error: as planned");
	});

	it("a second SIGINT ends a flush that hangs", async () => {
		capture.behaviour = "hang";
		const app = lifecycle("serve");
		await app.url();
		app.child.kill("SIGINT");
		await capture.until(() => capture.requests.length > 0, "the flush");
		expect(await app.stop("SIGINT")).toEqual({ code: null, signal: "SIGINT" });
	});
});

describe("a receiver in trouble", () => {
	const TROUBLE: [string, Behaviour][] = [
		["hangs", "hang"],
		["dies in the middle of a request", "cut"],
		["answers 503", { status: 503 }],
		["answers 429 with Retry-After", { status: 429, headers: { "retry-after": "1" } }],
		["answers 400", { status: 400 }],
		["answers 500", { status: 500 }],
	];

	it.each(TROUBLE)("that %s does not hold the app's end up", async (_what, behaviour) => {
		capture.behaviour = behaviour;
		const app = lifecycle("natural");
		expect(await app.exited).toEqual({ code: 0, signal: null });
		expect(Number(await app.said(/lived (\d+) ms/))).toBeLessThan(30_000);
		expect(app.lines()).toHaveLength(1);
		expect(app.stdout).toContain("work done");
	});

	it("nobody listening: the app serves, says so in a line a signal, and ends", async () => {
		const app = runApp("lifecycle.mjs", {
			otlp: "http://127.0.0.1:9",
			args: ["serve"],
			env: { OTEL_METRICS_EXPORTER: "otlp", OTEL_METRIC_EXPORT_INTERVAL: "50", OTEL_EXPORTER_OTLP_TIMEOUT: "300" },
		});
		const url = await app.url();
		for (let i = 0; i < 20; i++) {
			expect((await fetch(url)).status).toBe(200);
		}
		await app.said(/could not send to http:\/\/127.0.0.1:9\/v1\/logs: .*ECONNREFUSED/);
		await app.said(/could not send to http:\/\/127.0.0.1:9\/v1\/metrics/);
		expect(await app.stop()).toEqual({ code: null, signal: "SIGTERM" });
		expect(app.stderr.match(/v1\/metrics: /g)).toHaveLength(1);
	});

	it("a receiver that never takes the connection does not hold the end up", async () => {
		// A backlog that is full takes no more connections: the SYNs go unanswered.
		const full: Server = createServer({ pauseOnConnect: true });
		await new Promise<void>((resolve) => full.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, resolve));
		const { port } = full.address() as { port: number };
		const app = runApp("lifecycle.mjs", { otlp: `http://127.0.0.1:${port}`, args: ["natural"], env: LATE });
		expect((await app.exited).code).toBe(0);
		expect(Number(await app.said(/lived (\d+) ms/))).toBeLessThan(30_000);
		full.close();
	});

	it("after 503 the same batch is sent again and arrives once", async () => {
		capture.behaviour = { status: 503, times: 2 };
		const app = lifecycle("serve");
		await app.url();
		await app.stop();
		expect(capture.records.map(({ body }) => body)).toEqual(["work done"]);
	});
});

describe("a burst", () => {
	it("of 50,000 lines in one go: every line is on stdout, and what OTLP lost is counted and shows as a gap", async () => {
		const app = runApp("lifecycle.mjs", {
			otlp: capture.url,
			args: ["serve", "50000"],
			env: { OTEL_METRICS_EXPORTER: "otlp", OTEL_METRIC_EXPORT_INTERVAL: "100" },
		});
		await app.url();
		const lost = await capture.until(
			() =>
				capture.points.findLast(
					({ metric, attributes, asDouble }) =>
						metric === "trivet_exported_total" &&
						attributes.item === "log_records" &&
						attributes.outcome === "dropped_queue_full" &&
						(asDouble ?? 0) > 0,
				),
			"the count of dropped lines",
		);
		await app.stop();
		expect(app.lines()).toHaveLength(50_000);
		expect(capture.records.length + lost.asDouble!).toBe(50_000);
		expect(capture.records.length).toBeGreaterThanOrEqual(16_384);
		const numbers = new Set(capture.records.map(({ attributes }) => attributes["log.record.sequence"]));
		expect(numbers.size).toBe(capture.records.length);
	});
});

describe("settings", () => {
	it("port 4317 is named as gRPC's", async () => {
		const app = runApp("lifecycle.mjs", {
			otlp: "http://127.0.0.1:4317",
			args: ["natural"],
			env: { OTEL_EXPORTER_OTLP_TIMEOUT: "200" },
		});
		await app.exited;
		expect(app.stderr.match(/4317, which is OTLP's gRPC port.*use 4318/g)).toHaveLength(2);
	});

	it("headers, compression and a signal's own endpoint are honoured", async () => {
		const app = runApp("lifecycle.mjs", {
			otlp: capture.url,
			args: ["natural"],
			env: {
				...LATE,
				OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20abc,x-tenant=shop",
				OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
				OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${capture.url}/custom/logs`,
			},
		});
		await app.exited;
		expect(new Set(capture.requests.map(({ path }) => path))).toEqual(
			new Set(["/v1/traces", "/custom/logs", "/v1/metrics"]),
		);
		for (const { headers } of capture.requests) {
			expect(headers).toMatchObject({ authorization: "Bearer abc", "x-tenant": "shop", "content-encoding": "gzip" });
		}
		expectAllArrived();
	});

	it("OTEL_NODE_DISABLED_INSTRUMENTATIONS leaves one out", async () => {
		const app = runApp("lifecycle.mjs", {
			otlp: capture.url,
			args: ["natural"],
			env: { ...LATE, OTEL_NODE_DISABLED_INSTRUMENTATIONS: "undici,pino" },
		});
		await app.exited;
		expect(capture.spans.map(({ kind }) => kind)).toEqual([2]);
		expect(capture.records).toEqual([]);
		expect(app.lines()[0]).not.toHaveProperty("trace_id");
	});
});
