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

/** The lines that arrived, sorted: the request and what the app wrote. */
const lines = (): unknown[] => capture.records.map(({ body }) => body).sort();
const numbers = (): number[] =>
	capture.records.map(({ attributes }) => attributes["log.record.sequence"] as number).sort((a, b) => a - b);
const REQUEST = "GET /work 200";

const expectAllArrived = (...words: string[]): void => {
	expect(capture.spans.map(({ name }) => name).sort()).toEqual(["GET", "GET"]);
	expect(lines()).toEqual([REQUEST, ...words, "work done"]);
	expect(numbers()).toEqual(Array.from({ length: words.length + 2 }, (_, at) => at + 1));
};

const expectMetricsArrived = (): void => {
	expect(capture.points.some(({ metric }) => metric === "http.server.request.duration")).toBe(true);
	expect(capture.points.find(({ metric }) => metric === "work_done_total")?.asDouble).toBe(1);
};

describe("what was waiting is sent", () => {
	it("when the app has nothing left to do", async () => {
		expect(await lifecycle("natural").exited).toEqual({ code: 0, signal: null });
		expectAllArrived();
		expectMetricsArrived();
		expect(capture.requests.filter(({ path }) => path === "/v1/metrics")).toHaveLength(1);
	});

	it.each(["SIGTERM", "SIGINT"] as const)("on %s, and the app still dies of it", async (signal) => {
		const app = lifecycle("serve");
		await app.url();
		expect(await app.stop(signal)).toEqual({ code: null, signal });
		expectAllArrived();
		expectMetricsArrived();
	});

	it("on SIGTERM with the app's own handler, which keeps the last word", async () => {
		const app = lifecycle("own-handler");
		await app.url();
		expect(await app.stop()).toEqual({ code: 7, signal: null });
		expect(app.stdout).toContain("own handler ran");
		expectAllArrived();
		expectMetricsArrived();
	});

	it("on SIGTERM with the app's own handler, which leaves at once", async () => {
		const app = lifecycle("exits-on-sigterm");
		await app.url();
		expect(await app.stop()).toEqual({ code: 0, signal: null });
		expectAllArrived("stopping");
		expectMetricsArrived();
	});

	it.each([
		{ how: "exit", code: 3, words: [], stderr: undefined },
		{ how: "exit-listener", code: 3, words: ["last words"], stderr: undefined },
		{ how: "throw", code: 1, words: [], stderr: /Error: as planned\n {4}at / },
		{ how: "reject", code: 1, words: [], stderr: /Error: as planned\n {4}at / },
		{ how: "caught", code: 5, words: ["going down"], stderr: undefined },
	])("when it ends by $how, with the code and the stack it has without us", async ({ how, code, words, stderr }) => {
		const app = lifecycle(how);
		expect(await app.exited).toEqual({ code, signal: null });
		expectAllArrived(...words);
		expectMetricsArrived();
		const own = app.stderr.replace(/^\[trivet\].*\n/gm, "");
		const bare = runApp("lifecycle.mjs", { load: "none", args: [how] });
		await bare.exited;
		expect(withoutPlaces(own)).toBe(withoutPlaces(bare.stderr));
		expect(own).toMatch(stderr ?? /^$/);
	});
});

/** What Node says of a crash, without the frames: ours are among them. */
function withoutPlaces(stderr: string): string {
	return stderr.replace(/^ {4}at .*\n/gm, "");
}

describe("what could not be sent", () => {
	const trouble = (behaviour: Behaviour, how: string): App => {
		capture.behaviour = behaviour;
		return lifecycle(how);
	};

	it.each<[string, Behaviour]>([
		["hangs", "hang"],
		["dies in the middle of a request", "cut"],
		["answers 503", { status: 503 }],
	])("is counted on stderr when the receiver %s, after process.exit and after SIGTERM", async (_what, behaviour) => {
		const left = trouble(behaviour, "exit");
		expect(await left.exited).toEqual({ code: 3, signal: null });
		expect(left.stderr).toMatch(/the process ended before 2 log lines, 2 spans and \d+ metrics could be sent\n$/);
		const killed = trouble(behaviour, "serve");
		await killed.url();
		expect(await killed.stop()).toEqual({ code: null, signal: "SIGTERM" });
		expect(killed.stderr).toMatch(/the process ended before .*(log lines|spans).* could be sent\n$/);
	});

	it("nobody listening: counted, and the process ends at once", async () => {
		const app = runApp("lifecycle.mjs", { otlp: "http://127.0.0.1:9", args: ["exit"], env: LATE });
		expect(await app.exited).toEqual({ code: 3, signal: null });
		expect(app.stderr).toMatch(/the process ended before 2 log lines, 2 spans and \d+ metrics could be sent\n$/);
	});

	it("is missing at the end of the numbers after SIGKILL", async () => {
		const app = runApp("lifecycle.mjs", {
			otlp: capture.url,
			args: ["serve", "10000"],
			env: { OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: "64" },
		});
		await app.url();
		await capture.until(() => capture.records.length > 0, "the first batch");
		expect(await app.stop("SIGKILL")).toEqual({ code: null, signal: "SIGKILL" });
		expect(app.lines()).toHaveLength(10_000);
		expect(numbers()).toEqual(numbers().map((_, at) => at + 1));
		expect(app.stderr).not.toContain("before");
	});
});

describe("the app's own end is not changed", () => {
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
		expect(lines()).toEqual([REQUEST, "work done"]);
	});
});

describe("a burst of 50,000 lines in one go", () => {
	const reports = () => capture.records.filter(({ attributes }) => "trivet.lost.log_records" in attributes);
	const reported = (): number =>
		reports().reduce((sum, { attributes }) => sum + (attributes["trivet.lost.log_records"] as number), 0);
	const dropped = () =>
		capture.points.findLast(
			({ metric, attributes, asDouble }) =>
				metric === "trivet_exported_total" &&
				attributes.item === "log_records" &&
				attributes.outcome === "dropped_queue_full" &&
				(asDouble ?? 0) > 0,
		)?.asDouble;

	/** The 50,000 and the request: each arrived or counted, and the last number is everything there was. */
	const expectAccounted = (app: App, lines = 50_001): void => {
		const arrived = new Set(numbers()).size;
		expect(app.lines()).toHaveLength(50_000);
		expect(arrived - reports().length + reported()).toBe(lines);
		expect(arrived).toBeGreaterThanOrEqual(16_384);
		expect(numbers().at(-1)).toBe(lines + reports().length);
	};

	it("every line is on stdout, and what OTLP lost is counted in the metrics, said in the store and shows as a gap", async () => {
		const app = runApp("lifecycle.mjs", {
			otlp: capture.url,
			args: ["serve", "50000"],
			env: { OTEL_METRICS_EXPORTER: "otlp", OTEL_METRIC_EXPORT_INTERVAL: "100" },
		});
		await app.url();
		const lost = await capture.until(dropped, "the count of dropped lines");
		await app.stop();
		expectAccounted(app);
		expect(capture.records).toHaveLength(new Set(numbers()).size);
		expect(reported()).toBe(lost);
	});

	it("then SIGTERM: the same", async () => {
		const app = runApp("lifecycle.mjs", { otlp: capture.url, args: ["serve", "50000"], env: LATE });
		await app.url();
		expect(await app.stop()).toEqual({ code: null, signal: "SIGTERM" });
		expectAccounted(app);
		expect(capture.records).toHaveLength(new Set(numbers()).size);
		expect(reported()).toBe(dropped());
	});

	it("then SIGTERM with a receiver that is slow: what arrived, what was dropped and what there was no time for are all of it", async () => {
		capture.behaviour = { slowMs: 200 };
		const app = runApp("lifecycle.mjs", { otlp: capture.url, args: ["serve", "50000"], env: LATE });
		await app.url();
		expect(await app.stop()).toEqual({ code: null, signal: "SIGTERM" });
		expect(app.lines()).toHaveLength(50_000);
		const late = Number(/before (\d+) log lines/.exec(app.stderr)?.[1]);
		const arrived = capture.records.length - reports().length;
		expect(arrived).toBeGreaterThan(0);
		// Whatever was under way at the very end may have arrived as well: counted as lost, never the other way round.
		const total = arrived + reported() + late;
		expect(total).toBeGreaterThanOrEqual(50_001);
		expect(total).toBeLessThanOrEqual(50_001 + 512);
	});

	it("then process.exit: the same", async () => {
		const app = runApp("lifecycle.mjs", { otlp: capture.url, args: ["exit", "50000"], env: LATE });
		expect(await app.exited).toEqual({ code: 3, signal: null });
		expectAccounted(app);
		// The batch that was under way is sent again, and may have arrived before.
		const copies = capture.records.length - new Set(numbers()).size;
		expect([0, 512]).toContain(copies);
		expect(reported()).toBe(dropped());
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
		expect(lines()).toEqual([REQUEST]);
		expect(app.lines()[0]).not.toHaveProperty("trace_id");
	});
});
