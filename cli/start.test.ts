/** The product as a newcomer meets it: `npm start`, its output, its data over restarts, `npm run import`, `npm run reset`. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ImportJob, Services, Status, Traces } from "../server/api/schema.ts";
import { ROOT, type Started, startTrivet, until } from "./started.ts";

const folder = mkdtempSync(join(tmpdir(), "trivet-start-"));
const dataDir = join(folder, "data");
const FLAGS = ["--port", "0", "--otlp-port", "0", "--data-dir", dataDir];
const NEZHA = join(process.env.TRIVET_SHARED_DATA ?? join(ROOT, "../shared/data"), "nezha/tt-0129-0852-1");

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(
	command: string,
	args: string[],
	env: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
	return new Promise((resolve) => {
		execFile(
			process.execPath,
			["cli/run.mjs", command, ...args],
			{ cwd: ROOT, env: { ...process.env, ...env } },
			(error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr }),
		);
	});
}

async function json<T>(url: string): Promise<T> {
	const response = await fetch(url);
	if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
	return (await response.json()) as T;
}

describe("npm start with the demo", () => {
	let trivet: Started;
	beforeAll(async () => {
		trivet = await startTrivet("start", FLAGS);
	});
	afterAll(() => trivet?.stop("SIGKILL"));

	test("says where everything is and how to send one's own data", () => {
		for (const line of ["--import @trivet/instrumentation/register", "OTEL_EXPORTER_OTLP_ENDPOINT", "curl "]) {
			expect(trivet.output()).toContain(line);
		}
	});

	test("has live traces of the shop's services", async () => {
		const traces = await until(async () => {
			const { traces } = await json<Traces>(`${trivet.consoleUrl}/api/traces?limit=50`);
			return traces.some((trace) => trace.services.length >= 3) && traces;
		});
		expect(traces.length).toBeGreaterThan(0);
		const services = await until(async () => {
			const { services } = await json<Services>(`${trivet.consoleUrl}/api/services`);
			return services.length >= 6 && services;
		});
		expect(services.every(({ environments }) => environments.includes("trivet-demo"))).toBe(true);
	});

	test("hides the demo with one switch", async () => {
		expect((await json<Services>(`${trivet.consoleUrl}/api/services?hideDemo=true`)).services).toEqual([]);
	});

	test.skipIf(!existsSync(NEZHA))(
		"npm run import loads a system nobody here wrote, without loss (needs shared/data/nezha)",
		async () => {
			const files = ["traces", "logs", "metrics"].map((signal) => join(NEZHA, `${signal}.otlp.jsonl.gz`));
			const { code, output } = await run("import", ["--url", trivet.consoleUrl, ...files]);
			expect(output).not.toMatch(/failed|line \d+:/);
			expect(code).toBe(0);
			const { counts } = JSON.parse(readFileSync(join(NEZHA, "case.json"), "utf8")) as {
				counts: Record<string, number>;
			};
			const { jobs } = await json<{ jobs: ImportJob[] }>(`${trivet.consoleUrl}/api/import`);
			const total = (signal: "traces" | "logs" | "metrics"): number =>
				jobs.reduce((sum, job) => sum + job.accepted[signal], 0);
			expect([total("traces"), total("logs")]).toEqual([counts.spans, counts.logs]);
			expect(jobs.map(({ rejected }) => rejected)).toEqual([0, 0, 0]);

			const first = JSON.parse(
				gunzipSync(readFileSync(files[0] as string))
					.toString("utf8")
					.split("\n")[0] as string,
			);
			const { traceId } = first.resourceSpans[0].scopeSpans[0].spans[0] as { traceId: string };
			const window = jobs.find((job) => job.accepted.traces > 0)?.window;
			const found = await until(async () => {
				const query = `from=${window?.fromMs}&to=${(window?.toMs ?? 0) + 1}&limit=1000`;
				const { traces } = await json<Traces>(`${trivet.consoleUrl}/api/traces?${query}`);
				return traces.some((trace) => trace.traceId === traceId) && traces;
			});
			expect(found.reduce((sum, trace) => sum + trace.spanCount, 0)).toBe(counts.spans);
		},
		120_000,
	);

	test("a second Trivet on the same ports is told so in one sentence, without a stack", async () => {
		const port = new URL(trivet.consoleUrl).port;
		const { code, output } = await run("start", ["--no-demo", "--port", port, "--data-dir", join(folder, "other")]);
		expect(code).toBe(1);
		expect(output.trim().split("\n").at(-1)).toMatch(new RegExp(`^Port ${port} is in use.*--port`));
		expect(output).not.toMatch(/\n\s+at /);
	});

	test("reset refuses while it runs", async () => {
		const { code, output } = await run("reset", ["--data-dir", dataDir]);
		expect(code).toBe(1);
		expect(output).toMatch(/in use by process .* stop it/);
	});

	test("the demo's data can be erased on its own, and is gone then", async () => {
		const erased = await fetch(`${trivet.consoleUrl}/api/demo/data`, {
			method: "DELETE",
			headers: { "content-type": "application/json" },
		});
		expect(erased.status).toBe(200);
		expect(((await erased.json()) as { spans: number }).spans).toBeGreaterThan(0);
	});

	test("Ctrl-C ends it with every port closed", async () => {
		const ports = [trivet.consoleUrl, trivet.otlpUrl].map((url) => Number(new URL(url).port));
		expect(await trivet.stop()).toBe(0);
		for (const port of ports) await expectFree(port);
	});
});

describe("npm start -- --no-demo", () => {
	test("keeps the data over a restart, until reset erases it", async () => {
		let trivet = await startTrivet("start", ["--no-demo", ...FLAGS]);
		const traceId = "0af7651916cd43dd8448eb211c80319c";
		try {
			const nowNs = BigInt(Date.now()) * 1_000_000n;
			const span = {
				traceId,
				spanId: "b7ad6b7169203331",
				name: "GET /kept",
				kind: 2,
				startTimeUnixNano: String(nowNs),
				endTimeUnixNano: String(nowNs + 5_000_000n),
			};
			const sent = await fetch(`${trivet.otlpUrl}/v1/traces`, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
			});
			expect(sent.status).toBe(200);
		} finally {
			await trivet.stop("SIGTERM");
		}
		trivet = await startTrivet("start", ["--no-demo", ...FLAGS]);
		try {
			const pivot = await until(() => json<{ traceId: string }>(`${trivet.consoleUrl}/api/pivot?id=${traceId}`));
			expect(pivot.traceId).toBe(traceId);
			const status = await json<Status>(`${trivet.consoleUrl}/api/status`);
			expect(status.stores.map(({ state }) => state)).not.toContain("down");
		} finally {
			await trivet.stop("SIGTERM");
		}
		expect((await run("reset", ["--data-dir", dataDir])).code).toBe(0);
		expect(existsSync(dataDir)).toBe(false);
	});
});

test.each([
	["an unknown flag", ["--prot", "1"], /--prot/],
	["a port that is no port", ["--port", "many"], /TRIVET_PORT=many/],
	["an open address without a token", ["--host", "0.0.0.0"], /TRIVET_TOKEN/],
])("%s is one sentence", async (_, args, sentence) => {
	const { code, output } = await run("start", args);
	expect(code).toBe(1);
	expect(output).toMatch(sentence);
	expect(output).not.toMatch(/\n\s+at /);
});

async function expectFree(port: number): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		const probe = createServer();
		probe.once("error", reject);
		probe.listen(port, "127.0.0.1", () => probe.close(() => resolve()));
	});
}
