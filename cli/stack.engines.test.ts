/** `npm run stack` as it is typed: the check, and the whole of it with the demo shop. Runs when the engines are built. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENGINE_NAMES, howToBuild, missingEngines } from "../engines/engines.ts";
import type { Pivot, Services, Status, Traces } from "../server/api/schema.ts";
import { ROOT, type Started, startTrivet, until } from "./started.ts";

const missing = missingEngines(ENGINE_NAMES);
const skipped = missing.length > 0 && process.env.CI !== "true";
if (skipped) console.warn(`Skipped: ${howToBuild(missing)}`);

const folder = mkdtempSync(join(tmpdir(), "trivet-stack-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string, ...args: string[]): Promise<{ code: number; output: string }> {
	return new Promise((resolve) => {
		execFile(process.execPath, ["cli/run.mjs", command, ...args], { cwd: ROOT }, (error, stdout, stderr) =>
			resolve({ code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr }),
		);
	});
}

async function json<T>(url: string): Promise<T> {
	const response = await fetch(url);
	if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
	return (await response.json()) as T;
}

test.skipIf(skipped)("--check sends one of each signal through the collector and shows where it arrived", async () => {
	const { code, output } = await run("stack", "--check");
	for (const signal of ["span", "log line", "metric point", "its exemplar"]) {
		expect(output).toMatch(new RegExp(`${signal} .*/v1/\\w+ .*http://127.0.0.1:\\d+ +\\d+ ms +\\d+ ms`));
	}
	expect(code).toBe(0);
});

describe.skipIf(skipped)("npm run stack", () => {
	const dataDir = join(folder, "data");
	let trivet: Started;
	beforeAll(async () => {
		trivet = await startTrivet("stack", ["--port", "0", "--otlp-port", "0", "--data-dir", dataDir]);
	});
	afterAll(() => trivet?.stop("SIGTERM"));

	test("says where the console and every engine are", () => {
		for (const name of ["Console", "OTLP/HTTP", "OTLP/gRPC", "Tempo", "Loki", "Prometheus", "Alertmanager"]) {
			expect(trivet.output()).toMatch(new RegExp(`${name} +http://\\S+`));
		}
	});

	test("the console reads the three engines, and all are well", async () => {
		const { backend, stores } = await json<Status>(`${trivet.consoleUrl}/api/status`);
		expect(backend).toBe("stack");
		expect(stores.map(({ name, state }) => [name, state])).toEqual(
			expect.arrayContaining([
				["tempo", "ok"],
				["loki", "ok"],
				["prometheus", "ok"],
			]),
		);
	});

	test("a trace of the demo shop leads to its logs and to the RED of its services, from metrics", async () => {
		const services = await until(async () => {
			const found = await json<Services>(`${trivet.consoleUrl}/api/services`);
			return found.services.length >= 6 && found.services;
		}, 60_000);
		expect(services.every(({ environments }) => environments.includes("trivet-demo"))).toBe(true);
		const pivot = await until(async () => {
			const { traces } = await json<Traces>(`${trivet.consoleUrl}/api/traces?q=service:orders&limit=5`);
			for (const { traceId } of traces) {
				const found = await json<Pivot>(`${trivet.consoleUrl}/api/pivot?id=${traceId}`);
				const fromMetrics = found.red.services.some(({ source }) => source.startsWith("http_"));
				if (found.logs.records.length > 0 && fromMetrics) return found;
			}
			return null;
		}, 60_000);
		expect(pivot.trace.facts?.services.length).toBeGreaterThan(2);
	});

	test("a series is in Prometheus once: pushed, not scraped as well", async () => {
		const prometheus = /Prometheus +(http:\S+)/.exec(trivet.output())?.[1];
		const query = encodeURIComponent(
			'count by (service_name, instance, http_route, http_response_status_code, http_request_method) (http_server_request_duration_seconds_count{service_name="orders"}) > 1',
		);
		const { data } = await json<{ data: { result: unknown[] } }>(`${prometheus}/api/v1/query?query=${query}`);
		expect(data.result).toEqual([]);
	});

	test("a second one on the same ports, and a reset, are told so in one sentence", async () => {
		const port = new URL(trivet.otlpUrl).port;
		const second = await run("stack", "--port", "0", "--otlp-port", port, "--data-dir", join(folder, "other"));
		expect(second.output.trim().split("\n").at(-1)).toMatch(new RegExp(`^Port ${port} is in use.*--otlp-port`));
		const reset = await run("reset", "--data-dir", dataDir);
		expect([reset.code, reset.output]).toEqual([1, expect.stringMatching(/in use by process .* stop it/)]);
	});

	test("Ctrl-C ends it, engines and all", async () => {
		const urls = [...trivet.output().matchAll(/(?:Tempo|Loki|Prometheus|Alertmanager) +(http:\S+)/g)].map(
			([, url]) => url,
		);
		expect(await trivet.stop()).toBe(0);
		for (const url of urls) await expect(fetch(url as string)).rejects.toThrow();
	});
});

test.each([
	["an unknown flag", ["--prot", "1"], /--prot.*npm run stack -- --help/],
	["a port that is no port", ["--tempo-port", "many"], /TRIVET_TEMPO_PORT=many/],
])("%s is one sentence", async (_, args, sentence) => {
	// Before anything is built or started.
	const { code, output } = await run("stack", ...args);
	expect(code).toBe(1);
	expect(output).toMatch(sentence);
	expect(output).not.toMatch(/\n\s+at /);
});
