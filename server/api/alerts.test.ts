/** Alertmanager's webhook over HTTP: what is kept, what is refused and why, and what a restart finds. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStack } from "../../backends/stack/backend.ts";
import { readStackSettings } from "../../backends/stack/settings.ts";
import { openStateFile, type StateFile } from "../../backends/state/state-file.ts";
import type { Backend } from "../../core/ports.ts";
import type { TrivetServer } from "../server.ts";
import { startTestingServer } from "../testing-server.ts";
import { mayForgetIncident } from "./incident-book.ts";
import { type IncidentAnswer, incidentSchema, incidentsSchema, type Problem } from "./schema.ts";

const folder = mkdtempSync(join(tmpdir(), "trivet-alerts-"));
const TOKEN = "a-token-of-the-test";
let backend: Backend;
let state: StateFile;
let server: TrivetServer;

async function start(token: string | null = null): Promise<void> {
	state = await openStateFile({ directory: join(folder, "state"), mayDrop: mayForgetIncident });
	server = await startTestingServer({ token, backend, state });
}
async function stop(): Promise<void> {
	await server?.close();
	await state?.close();
}
beforeAll(async () => {
	// Nothing here asks an engine: alerts work although none answers.
	backend = openStack(readStackSettings({ TEMPO_URL: "http://127.0.0.1:9" })!);
	await start();
});
afterAll(async () => {
	await stop();
	await backend?.close();
	rmSync(folder, { recursive: true, force: true });
});

const NEVER = "0001-01-01T00:00:00Z";
const alert = (name: string, more: object = {}) => ({
	status: "firing",
	labels: { alertname: name, service_name: "payment", severity: "critical" },
	annotations: { summary: `${name} is up`, runbook_url: "https://runbooks.example/high" },
	startsAt: "2026-11-21T10:00:00.123456789Z",
	endsAt: NEVER,
	generatorURL: "http://prometheus:9090/graph?g0.expr=up",
	fingerprint: `f-${name}`,
	...more,
});
const message = (groupKey: string, alerts: object[], more: object = {}) => ({
	version: "4",
	groupKey,
	truncatedAlerts: 0,
	status: "firing",
	receiver: "trivet",
	groupLabels: { alertname: "HighErrorRate" },
	commonLabels: {},
	commonAnnotations: {},
	externalURL: "http://alertmanager:9093",
	alerts,
	...more,
});
const resolved = { status: "resolved", endsAt: "2026-11-21T10:30:00Z" };

function post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
	return fetch(`${server.url}/api/alerts`, {
		method: "POST",
		headers: { "content-type": "application/json", ...headers },
		body: typeof body === "string" ? body : JSON.stringify(body),
	});
}
async function kept(groupKey: string, alerts: object[], more: object = {}): Promise<string[]> {
	const response = await post(message(groupKey, alerts, more));
	expect(response.status, await response.clone().text()).toBe(200);
	return ((await response.json()) as { incidents: string[] }).incidents;
}
async function incident(id: string): Promise<IncidentAnswer> {
	const response = await fetch(`${server.url}/api/incidents/${id}`);
	expect(response.status).toBe(200);
	return incidentSchema.parse(await response.json());
}
async function list(query = "") {
	const response = await fetch(`${server.url}/api/incidents${query}`);
	expect(response.status, await response.clone().text()).toBe(200);
	return incidentsSchema.parse(await response.json());
}

describe("an alert", () => {
	test("becomes an incident with its service, severity, window and links", async () => {
		const [id] = await kept("one", [alert("HighErrorRate")]);
		const found = await incident(id!);
		const startsAtMs = Date.parse("2026-11-21T10:00:00.123Z");
		expect(found).toMatchObject({
			status: "firing",
			title: "HighErrorRate",
			severity: "critical",
			summary: "HighErrorRate is up",
			services: ["payment"],
			startsAtMs,
			endsAtMs: null,
			receiver: "trivet",
			externalUrl: "http://alertmanager:9093/",
			firingAlerts: 1,
		});
		expect(found.window.fromMs).toBe(startsAtMs - 15 * 60_000);
		expect(found.alerts[0]).toMatchObject({
			service: "payment",
			generatorUrl: "http://prometheus:9090/graph?g0.expr=up",
			runbookUrl: "https://runbooks.example/high",
		});
	});

	test("said again is the same incident, resolved closes it, and an old message does not open it again", async () => {
		const ids = [
			...(await kept("two", [alert("A")])),
			...(await kept("two", [alert("A")])),
			...(await kept("two", [alert("A", resolved)])),
			...(await kept("two", [alert("A")])),
		];
		expect(new Set(ids).size).toBe(1);
		expect(await incident(ids[0]!)).toMatchObject({
			status: "resolved",
			endsAtMs: Date.parse(resolved.endsAt),
			window: { toMs: Date.parse(resolved.endsAt) },
		});
		const [next] = await kept("two", [alert("A", { startsAt: "2026-11-21T11:00:00Z" })]);
		expect(next).not.toBe(ids[0]);
		expect((await incident(next!)).status).toBe("firing");
	});

	test("said many times at once is one incident", async () => {
		const all = await Promise.all(Array.from({ length: 20 }, () => kept("at once", [alert("A")])));
		expect(new Set(all.flat()).size).toBe(1);
	});

	test("that nobody saw firing is kept as resolved", async () => {
		const [id] = await kept("unseen", [alert("A", resolved)]);
		expect((await incident(id!)).status).toBe("resolved");
	});

	test("leads nowhere but to http and https", async () => {
		const evil = { generatorURL: "javascript:alert(1)", annotations: { runbook_url: "data:text/html,x" } };
		const [id] = await kept("evil", [alert("A", evil)], { externalURL: "file:///etc/passwd" });
		const found = await incident(id!);
		expect([found.externalUrl, found.alerts[0]!.generatorUrl, found.alerts[0]!.runbookUrl]).toEqual([null, null, null]);
	});

	test("with labels of null, unknown fields and long texts is kept, cut", async () => {
		const [id] = await kept(
			"odd",
			[alert("A", { labels: null, annotations: { summary: "x".repeat(50_000) }, unknown: 1 })],
			{ commonLabels: null, notificationReason: "firstly" },
		);
		const found = await incident(id!);
		expect(found.alerts[0]!.annotations.summary).toHaveLength(4_001);
		expect(found.services).toEqual([]);
	});
});

describe("incidents", () => {
	test("are there after a restart", async () => {
		const [id] = await kept("restart", [alert("A")]);
		const before = await incident(id!);
		await stop();
		await start();
		const after = await incident(id!);
		expect({ ...after, window: null, alerts: null }).toEqual({ ...before, window: null, alerts: null });
	});

	test("are listed newest first, by status and service, page by page", async () => {
		for (let n = 0; n < 5; n++) {
			const labels = { alertname: "Paged", job: "shop/paging" };
			await kept(`page ${n}`, [alert("Paged", { labels, ...(n % 2 === 0 ? {} : resolved), fingerprint: `p${n}` })]);
		}
		const all = await list("?service=paging");
		expect(all.incidents.map(({ status }) => status)).toEqual(["firing", "resolved", "firing", "resolved", "firing"]);
		const pages: string[] = [];
		let cursor = "";
		do {
			const page = await list(`?service=paging&limit=2${cursor && `&cursor=${cursor}`}`);
			expect(page.incidents.length).toBeLessThanOrEqual(2);
			pages.push(...page.incidents.map(({ id }) => id));
			cursor = page.nextCursor ?? "";
		} while (cursor);
		expect(pages).toEqual(all.incidents.map(({ id }) => id));
		expect((await list("?service=paging&status=firing")).incidents).toHaveLength(3);
		const { firing } = await list("?service=nobody");
		expect(firing).toBe((await list("?status=firing&limit=1000")).incidents.length);
	});

	test.each([
		["/api/incidents?cursor=page-two", 400, /page-two/],
		["/api/incidents?status=open", 400, /status/],
		["/api/incidents/none", 404, /none/],
	])("%s is refused with %i", async (path, status, detail) => {
		const response = await fetch(server.url + path);
		expect(response.status).toBe(status);
		expect(((await response.json()) as Problem).detail).toMatch(detail);
	});
});

describe("what is no message of Alertmanager", () => {
	const wrong = (more: object) => message("wrong", [alert("A", more)]);
	test.each<[string, unknown, number, RegExp]>([
		["no JSON", "{", 400, /no JSON/],
		["another version", message("wrong", [alert("A")], { version: "3" }), 400, /version: .*got "3"/],
		["no group", message("", [alert("A")]), 400, /groupKey: .*got ""/],
		["no alerts", message("wrong", []), 400, /alerts: .*got \[\]/],
		["an unknown status", wrong({ status: "silenced" }), 400, /alerts\.0\.status: .*got "silenced"/],
		["no time", wrong({ startsAt: "yesterday" }), 400, /alerts\.0\.startsAt: is no RFC 3339 time, got "yesterday"/],
		["a time that does not exist", wrong({ endsAt: "2026-13-41T25:00:00Z" }), 400, /2026-13-41/],
		["no fingerprint", wrong({ fingerprint: undefined }), 400, /alerts\.0\.fingerprint: .*got nothing/],
		["labels that are no texts", wrong({ labels: { a: 1 } }), 400, /alerts\.0\.labels\.a: .*got 1/],
		["an array", [], 400, /body: .*got \[\]/],
		["too much", `{"x":"${"y".repeat(9_000_000)}"}`, 413, /bytes/],
	])("is refused: %s", async (_, body, status, detail) => {
		const before = (await list("?limit=1000")).incidents.length;
		const response = await post(body);
		expect(response.status).toBe(status);
		expect(response.headers.get("content-type")).toBe("application/problem+json");
		expect(((await response.json()) as Problem).detail).toMatch(detail);
		expect((await list("?limit=1000")).incidents).toHaveLength(before);
	});

	test.each([
		["a form", { "content-type": "application/x-www-form-urlencoded" }, 415],
		["plain text, which needs no preflight", { "content-type": "text/plain" }, 415],
		["another site's page", { origin: "https://evil.example" }, 403],
	])("is refused from %s", async (_, headers, status) => {
		expect((await post(message("guard", [alert("A")]), headers as Record<string, string>)).status).toBe(status);
	});
});

test("where a token is demanded Alertmanager sends it as a bearer", async () => {
	await stop();
	await start(TOKEN);
	try {
		const body = message("token", [alert("A")]);
		expect((await post(body)).status).toBe(401);
		expect((await post(body, { authorization: "Bearer wrong-wrong" })).status).toBe(401);
		expect((await post(body, { authorization: `Bearer ${TOKEN}` })).status).toBe(200);
	} finally {
		await stop();
		await start();
	}
});

test("the API's document describes it", async () => {
	const document = (await (await fetch(`${server.url}/api/openapi.json`)).json()) as { paths: Record<string, object> };
	expect(Object.keys(document.paths)).toEqual(
		expect.arrayContaining(["/api/alerts", "/api/incidents", "/api/incidents/{id}"]),
	);
});
