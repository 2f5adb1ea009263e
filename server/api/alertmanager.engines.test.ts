/** A real Alertmanager with the file of collector-config/: what is fired by its API becomes an incident, and what is resolved closes it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openStack } from "../../backends/stack/backend.ts";
import { readStackSettings } from "../../backends/stack/settings.ts";
import { openStateFile, type StateFile } from "../../backends/state/state-file.ts";
import { howToBuild, missingEngines, type RunningEngines, startEngines } from "../../engines/engines.ts";
import type { TrivetServer } from "../server.ts";
import { startTestingServer } from "../testing-server.ts";
import { type IncidentSummary, incidentSchema, incidentsSchema } from "./schema.ts";

const missing = missingEngines(["alertmanager"]);
const skipped = missing.length > 0 && process.env.CI !== "true";
if (skipped) console.warn(`Skipped: ${howToBuild(missing)}`);

const TOKEN = "token-of-the-webhook";
const WITHIN = { timeout: 90_000, interval: 200 };

describe.skipIf(skipped)("a real Alertmanager", () => {
	const folder = mkdtempSync(join(tmpdir(), "trivet-alertmanager-"));
	const backend = openStack(readStackSettings({ TEMPO_URL: "http://127.0.0.1:9" })!);
	let state: StateFile;
	let server: TrivetServer;
	let engines: RunningEngines<"alertmanager">;

	beforeAll(async () => {
		state = await openStateFile({ directory: join(folder, "state") });
		server = await startTestingServer({ token: TOKEN, backend, state });
		const url = `${server.url.replace("localhost", "127.0.0.1")}/api/alerts`;
		engines = await startEngines(["alertmanager"], { dir: join(folder, "engines"), webhook: { url, token: TOKEN } });
	});
	afterAll(async () => {
		await engines?.stop();
		await server?.close();
		await state?.close();
		await backend.close();
		rmSync(folder, { recursive: true, force: true });
	});

	async function ask(path: string): Promise<unknown> {
		const response = await fetch(server.url + path, { headers: { authorization: `Bearer ${TOKEN}` } });
		expect(response.status).toBe(200);
		return response.json();
	}
	async function tell(pods: string[], startsAt: Date, endsAt?: Date): Promise<void> {
		const alerts = pods.map((pod) => ({
			labels: { alertname: "HighErrorRate", service_name: "payment", severity: "critical", pod },
			annotations: { summary: `${pod} fails` },
			startsAt,
			...(endsAt ? { endsAt } : {}),
			generatorURL: "http://prometheus/graph",
		}));
		const response = await fetch(`${engines.alertmanager.url}/api/v2/alerts`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify(alerts),
		});
		expect(response.status, await response.text()).toBe(200);
	}
	const incidents = async (): Promise<IncidentSummary[]> =>
		incidentsSchema.parse(await ask("/api/incidents")).incidents;

	test("what fires there is an incident here, and what is resolved there is resolved here", async () => {
		const startsAt = new Date(Date.now() - 60_000);
		const pods = ["payment-1", "payment-2"];
		await tell(pods, startsAt);
		const [fired] = await vi.waitFor(async () => {
			const found = await incidents();
			expect(found).toHaveLength(1);
			expect(found[0]).toMatchObject({ status: "firing", firingAlerts: 2 });
			return found;
		}, WITHIN);
		expect(fired).toMatchObject({
			title: "HighErrorRate",
			severity: "critical",
			services: ["payment"],
			startsAtMs: startsAt.getTime(),
		});

		const endsAt = new Date();
		await tell(pods, startsAt, endsAt);
		await vi.waitFor(
			async () => expect(await incidents()).toMatchObject([{ id: fired!.id, status: "resolved" }]),
			WITHIN,
		);
		const whole = incidentSchema.parse(await ask(`/api/incidents/${fired!.id}`));
		expect(whole.receiver).toBe("console");
		expect(whole.alerts.map(({ status, endsAtMs }) => [status, endsAtMs])).toEqual([
			["resolved", endsAt.getTime()],
			["resolved", endsAt.getTime()],
		]);
	});
});
