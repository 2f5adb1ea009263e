/** The demo shop itself, over the real engines: what a fault sets off comes to the console as an incident, and nothing else does. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStack } from "../backends/stack/backend.ts";
import { readStackSettings } from "../backends/stack/settings.ts";
import { openStateFile, type StateFile } from "../backends/state/state-file.ts";
import type { Backend } from "../core/ports.ts";
import { makeDataDir, type StartedDemo, startDemoProcess } from "../demo/testing-demo.ts";
import { freePort, howToBuild, missingEngines, type RunningEngines, startEngines } from "../engines/engines.ts";
import { incidentSchema, incidentsSchema, sloSchema } from "../server/api/schema.ts";
import type { TrivetServer } from "../server/server.ts";
import { startTestingServer } from "../server/testing-server.ts";

const ENGINES = ["alertmanager", "prometheus", "tempo", "collector"] as const;
const missing = missingEngines(ENGINES);
const skipped = missing.length > 0 && process.env.CI !== "true";
if (skipped) console.warn(`Skipped: ${howToBuild(missing)}`);

/**
 * One after the other; those of a round have nothing to do with each other. An incident each, and the callers' that follow from them. The rest of the
 * faults is in demo-faults.engines.test.ts: they need an hour before them, or a quiet machine.
 */
const ROUNDS = [
	{
		faults: ["error-burst", "stuck-consumer", "slow-edge"],
		own: ["ServiceErrors cart", "ConsumerStuck fulfilment", "ServiceSlow orders"],
		others: ["ServiceErrors storefront"],
	},
	{
		faults: ["payment-failing"],
		own: ["ServiceErrors payment"],
		others: ["ServiceErrors orders", "OrderSuccessLow orders"],
	},
] as const;
/** About the machine that this runs on, which may be busy with other tests; burn rates are held back while ServiceErrors fires, but not before. */
const MACHINE = /^(ServiceSlow|EventLoopLag|PoolWaiting) |^SloBurn/;
const WITHIN_MS = 90_000;

describe.skipIf(skipped)("a fault of the real shop", () => {
	const folder = mkdtempSync(join(tmpdir(), "trivet-faults-"));
	let data: Awaited<ReturnType<typeof makeDataDir>>;
	let engines: RunningEngines<(typeof ENGINES)[number]>;
	let backend: Backend;
	let state: StateFile;
	let server: TrivetServer;
	let demo: StartedDemo;

	beforeAll(async () => {
		const port = await freePort();
		engines = await startEngines(ENGINES, {
			dir: join(folder, "engines"),
			webhook: { url: `http://127.0.0.1:${port}/api/alerts` },
		});
		backend = openStack(readStackSettings({ TEMPO_URL: engines.tempo.url, PROMETHEUS_URL: engines.prometheus.url })!);
		state = await openStateFile({ directory: join(folder, "state") });
		server = await startTestingServer({ port, backend, state });
		data = await makeDataDir();
		demo = await startDemoProcess(engines.collector.otlpUrl, data.path, 8);
	});
	afterAll(async () => {
		await demo?.stop();
		await engines?.stop();
		await server?.close();
		await state?.close();
		await backend?.close();
		await data?.remove();
		rmSync(folder, { recursive: true, force: true });
	});

	const ask = async (path: string): Promise<unknown> => (await fetch(server.url + path)).json();
	/** `Alert service` to when it began to fire. */
	async function incidents(): Promise<Map<string, number>> {
		const { incidents } = incidentsSchema.parse(await ask("/api/incidents"));
		return new Map(
			incidents.map(({ title, services, startsAtMs }) => [`${title} ${services.join()}`.trim(), startsAtMs]),
		);
	}
	async function recorded(query: string): Promise<number> {
		const url = `${engines.prometheus.url}/api/v1/query?query=${encodeURIComponent(query)}`;
		const { data } = (await (await fetch(url)).json()) as { data: { result: { value: [number, string] }[] } };
		return Number(data.result[0]?.value[1] ?? 0);
	}

	test("is an incident of its own within 90 seconds; before it, nothing is", async () => {
		// Traffic for a minute, as the rules see it.
		await expect
			.poll(() => recorded('sum(count_over_time(trivet:requests:rate2m{service_name="cart"}[10m]))'), {
				timeout: 150_000,
			})
			.toBeGreaterThanOrEqual(4);
		await expect
			.poll(() => recorded("count(slo:error_budget:remaining_ratio)"), { timeout: 150_000 })
			.toBeGreaterThan(8);
		expect([...(await incidents()).keys()].filter((name) => !MACHINE.test(name))).toEqual([]);

		const expected: string[] = [];
		for (const { faults, own, others } of ROUNDS) {
			expected.push(...own, ...others);
			const switchedMs = Date.now();
			for (const id of faults) await demo.setFault(id, true);
			await expect
				.poll(async () => [...(await incidents()).keys()], { timeout: 150_000 })
				.toEqual(expect.arrayContaining([...own]));
			const found = await incidents();
			for (const name of own) {
				const tookMs = (found.get(name) ?? 0) - switchedMs;
				console.info(`${name}: fires ${Math.round(tookMs / 1000)} s after its fault`);
				expect(tookMs, `${name} does not fire before`).toBeGreaterThan(0);
				expect(tookMs, name).toBeLessThanOrEqual(WITHIN_MS);
			}
			const unexpected = [...found.keys()].filter((name) => !expected.includes(name) && !MACHINE.test(name));
			expect(unexpected).toEqual([]);
			for (const id of faults) await demo.setFault(id, false);
		}

		const { incidents: listed } = incidentsSchema.parse(await ask("/api/incidents"));
		const { id } = listed.find(({ services, title }) => title === "ServiceErrors" && services.includes("cart"))!;
		const { alerts, summary } = incidentSchema.parse(await ask(`/api/incidents/${id}`));
		expect(summary).toMatch(/^cart fails \d+(\.\d+)?% of its requests$/);
		expect(alerts[0]).toMatchObject({
			severity: "critical",
			service: "cart",
			runbookUrl: expect.stringMatching(/\/runbooks\/ServiceErrors$/),
		});
		const console_ = new URL(alerts[0]?.annotations.console_url ?? "");
		expect([console_.port, console_.pathname]).toEqual([new URL(server.url).port, "/services/cart"]);
	}, 600_000);

	test("spends the service's budget, which the console says; without objectives it says so", async () => {
		const { status, items } = sloSchema.parse(await ask("/api/slo?service=cart"));
		expect(status).toBe("ok");
		expect(items.map(({ slo, objective }) => [slo, objective]).sort()).toEqual([
			["availability", 0.995],
			["latency", 0.95],
		]);
		const { budgetRemaining, burnRate } = items.find(({ slo }) => slo === "availability")!;
		expect(budgetRemaining).toBeLessThan(1);
		expect(burnRate).toBeGreaterThan(1);
		const none = sloSchema.parse(await ask("/api/slo?service=notifications"));
		expect([none.status, none.items, none.reason]).toEqual(["empty", [], expect.stringContaining("slo.yaml")]);
	});
});
