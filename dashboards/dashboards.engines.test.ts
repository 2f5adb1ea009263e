/**
 * Every query of every panel and variable, asked of real engines as Grafana would, over the demo shop's telemetry and that of services with the
 * other RED profiles. Runs when the engines are built.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Started, startTrivet, until } from "../cli/started.ts";
import { ENGINE_NAMES, howToBuild, missingEngines } from "../engines/engines.ts";
import { boards } from "./boards.ts";
import {
	type Answer,
	ask,
	type Board,
	type Choices,
	chooseAll,
	type Engines,
	optionsOf,
	type Panel,
	panelsOf,
	type Range,
	type Target,
	targetsOf,
} from "./questions.ts";
import { otherProfiles } from "./testing-profiles.ts";

const missing = missingEngines(ENGINE_NAMES);
const skipped = missing.length > 0 && process.env.CI !== "true";
if (skipped) console.warn(`Skipped: ${howToBuild(missing)}`);

/** Of the demo shop. */
const FAULTS = [
	"slow-query",
	"payment-failing",
	"error-burst",
	"slow-edge",
	"dependency-cycle",
	"stuck-consumer",
	"crash-loop",
	"lost-link",
];

const root = fileURLToPath(new URL("..", import.meta.url));
const all = boards().map(({ spec: { uid } }): [string, Board] => [
	uid,
	JSON.parse(readFileSync(join(root, `dashboards/${uid}.json`), "utf8")),
]);

describe.skipIf(skipped)("the boards on real engines", () => {
	const folder = mkdtempSync(join(tmpdir(), "trivet-boards-"));
	let trivet: Started;
	let engines: Engines;
	let range: Range;
	let trace: string;
	const chosen = new Map<string, Choices>();

	beforeAll(async () => {
		trivet = await startTrivet("stack", ["--port", "0", "--otlp-port", "0", "--data-dir", join(folder, "data")]);
		const urlOf = (name: string) => new RegExp(`${name} +(http://\\S+)`).exec(trivet.output())?.[1] ?? "";
		engines = { prometheus: urlOf("Prometheus"), loki: urlOf("Loki"), tempo: urlOf("Tempo") };
		const others = otherProfiles(trivet.otlpUrl);
		const from = Date.now();
		try {
			// Two readings of everything, and a checkout with its lines: what the slowest panel needs.
			trace = await until(() => checkout(trivet.consoleUrl), 120_000);
			// Something to see on every panel, those about failures too.
			await turn(trivet.consoleUrl, "payment-failing", true);
			await until(() => has(engines, 'shop_orders_total{status="failed"} > 0'), 120_000);
			await turn(trivet.consoleUrl, "payment-failing", false);
			await sendLine(trivet.otlpUrl, `retried the request of trace_id=${trace}`);
			await until(() => settled(engines, from), 240_000);
		} finally {
			others.stop();
		}
		range = { from: from - 60_000, to: Date.now() };
		for (const [uid, board] of all) chosen.set(uid, await chooseAll(board, engines, range, { ...given(uid), trace }));
	});

	afterAll(async () => {
		await trivet?.stop();
		rmSync(folder, { recursive: true, force: true });
	});

	describe.each(all)("%s", (uid, board) => {
		const variables = (board.templating?.list ?? []).filter(({ type }) => type === "query");
		test.each(variables.map((one) => [one.name, one] as const))("variable %s has values", async (_, variable) => {
			expect(await optionsOf(variable, engines, range, chosen.get(uid) as Choices)).not.toEqual([]);
		});

		const questions = panelsOf(board).flatMap((panel) => targetsOf(panel).map((target) => [panel, target] as const));
		test.each(questions.map(([panel, target]) => [panel.title ?? "", target.refId, panel, target] as const))(
			"%s, query %s",
			async (_title, _refId, panel, target) => {
				const answer = await ask(target, engines, chosen.get(uid) as Choices, range);
				const why = `${answer.question}\n${JSON.stringify(answer).slice(0, 300)}`;
				expect(answer.count, why).toBeGreaterThan(0);
				if (target.exemplar) expect(answer.exemplars, `exemplars of ${why}`).toBeGreaterThan(0);
				expectUnit(panel, target, answer, why);
			},
		);
	});

	test.each([
		["by its HTTP server metrics", "storefront"],
		["by its prom-client histogram", "legacy-http"],
		["by span metrics of Tempo's generator", "inventory"],
		["by span metrics of the collector's connector, in milliseconds", "connector-only"],
	])("the RED board answers for a service known %s", async (_, service) => {
		const [uid, board] = all[0] as [string, Board];
		const choices = await chooseAll(board, engines, range, { service, interval: "15s" });
		const own = panelsOf(board).filter(({ title = "" }) => /\$service|^(Rate|Failed|P50|P95|P99)$/.test(title));
		expect(own.length).toBeGreaterThan(8);
		for (const panel of own) {
			for (const target of targetsOf(panel)) {
				const answer = await ask(target, engines, choices, range);
				expect(answer.count, `${uid} ${panel.title} ${answer.question}`).toBeGreaterThan(0);
				expectUnit(panel, target, answer, answer.question);
			}
		}
	});

	test.each(FAULTS)("with the fault %s no query fails, and none is empty", async (fault) => {
		const turnedMs = Date.now();
		await turn(trivet.consoleUrl, fault, true);
		try {
			// Until the generator's next round, which comes every ten seconds and after everything else.
			const newest = "max(timestamp(traces_spanmetrics_latency_count))";
			await until(() => has(engines, `${newest} > ${turnedMs / 1000 + 12}`), 120_000);
			const during = { from: range.from, to: Date.now() };
			for (const [uid, board] of all) {
				const choices = await chooseAll(board, engines, during, { ...given(uid), trace });
				for (const panel of panelsOf(board)) {
					for (const target of targetsOf(panel)) {
						const answer = await ask(target, engines, choices, during);
						expect(answer.count, `${uid} ${panel.title} ${answer.question}`).toBeGreaterThan(0);
						expectUnit(panel, target, answer, answer.question);
					}
				}
			}
		} finally {
			await turn(trivet.consoleUrl, fault, false);
		}
	});

	test("a service that has two profiles is read from the first alone", async () => {
		const [, board] = all[0] as [string, Board];
		const choices = await chooseAll(board, engines, range, { service: "storefront", interval: "15s" });
		const rate = panelsOf(board).find(({ title, type }) => title === "Rate" && type === "stat") as Panel;
		const answer = await ask(targetsOf(rate)[0] as Target, engines, choices, range);
		const seconds = (range.to - range.from) / 1000;
		const only = await ask(
			{
				...(targetsOf(rate)[0] as Target),
				expr: `sum(rate(http_server_request_duration_seconds_count{service_name="storefront"}[${Math.round(seconds)}s]))`,
			},
			engines,
			choices,
			range,
		);
		expect(answer.values).toHaveLength(1);
		expect(answer.values[0]).toBeCloseTo(only.values[0] as number, 6);
	});
});

/** The trace of a whole checkout that also has log lines. */
async function checkout(consoleUrl: string): Promise<string | null> {
	const { traces } = (await (await fetch(`${consoleUrl}/api/traces?service=orders&limit=50`)).json()) as {
		traces: { traceId: string; services: unknown[]; rootMissing: boolean }[];
	};
	return traces.find(({ services, rootMissing }) => services.length >= 6 && !rootMissing)?.traceId ?? null;
}

async function turn(consoleUrl: string, fault: string, enabled: boolean): Promise<void> {
	const answer = await fetch(`${consoleUrl}/api/demo/faults/${fault}`, {
		method: "PUT",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ enabled }),
	});
	if (!answer.ok) throw new Error(`${fault}: ${answer.status} ${await answer.text()}`);
}

/** Of a writer that knows no structured metadata. */
async function sendLine(otlpUrl: string, stringValue: string): Promise<void> {
	const record = { timeUnixNano: `${Date.now()}000000`, body: { stringValue } };
	const attributes = [{ key: "service.name", value: { stringValue: "legacy-http" } }];
	await fetch(`${otlpUrl}/v1/logs`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords: [record] }] }] }),
	});
}

/** What comes last: a rate over its whole window of the scraped, of the generator's, of the rules' own, and of every profile. */
async function settled({ prometheus }: Engines, sinceMs: number): Promise<boolean> {
	const least = [
		'count(count_over_time(http_server_request_duration_seconds_count{job="trivet-console"}[4m]) > 3)',
		"count(count_over_time(traces_service_graph_request_failed_total[4m]) > 0) or count(traces_service_graph_request_total)",
		"count(slo:error_budget:remaining_ratio offset 20s)",
		"count(slo:sli_error:ratio_rate6h)",
		"count(count_over_time(traces_span_metrics_duration_milliseconds_count[4m]) > 2)",
		"count(count_over_time(fulfilment_lag_seconds_count[4m]) > 2)",
		'count(traces_spanmetrics_latency_count{service="inventory"})',
	];
	if (Date.now() - sinceMs < 60_000) return false;
	return (await Promise.all(least.map((query) => has({ prometheus }, query)))).every(Boolean);
}

async function has({ prometheus }: Pick<Engines, "prometheus">, query: string): Promise<boolean> {
	const answer = await fetch(`${prometheus}/api/v1/query`, { method: "POST", body: new URLSearchParams({ query }) });
	const { data } = (await answer.json()) as { data?: { result: unknown[] } };
	return (data?.result.length ?? 0) > 0;
}

function given(uid: string): Record<string, string> {
	const interval = { interval: "15s" };
	return uid === "trivet-red" ? { ...interval, service: "orders" } : interval;
}

/** The unit that the panel shows the query's values in: of its column, if it is a table's. */
function unitOf(panel: Panel, refId: string): string {
	const renamed = panel.transformations?.find(({ id }) => id === "organize")?.options.renameByName?.[`Value #${refId}`];
	const column = panel.fieldConfig?.overrides?.find(
		({ matcher }) => renamed !== undefined && matcher.options === renamed,
	);
	const unit = column?.properties.find(({ id }) => id === "unit")?.value as string | undefined;
	return unit ?? panel.fieldConfig?.defaults.unit ?? "";
}

/** Does what is shown fit what is measured: by the metric's name, and by what the values can be? */
function expectUnit(panel: Panel, { refId, expr = "" }: Target, { values }: Answer, why: string): void {
	if (values.length === 0) return;
	const unit = unitOf(panel, refId);
	const [least, most] = [Math.min(...values), Math.max(...values)];
	const isCount = /_(count|total|requests|increase)\b|count_over_time|\bcount\(|_total\)\?/.test(expr);
	switch (unit) {
		case "s":
			expect(expr, why).toMatch(/_seconds/);
			expect(least >= 0 && most < 86_400, why).toBe(true);
			break;
		case "percentunit":
			expect(expr, why).toMatch(/ \/ |[_:]ratio|_seconds_sum/);
			expect(least >= -1000 && most <= 1.000001, why).toBe(true);
			break;
		case "bytes":
			expect(expr, why).toMatch(/_bytes|_rss/);
			break;
		case "reqps":
		case "ops":
		case "cps":
			expect(expr, why).toMatch(/\brate\(/);
			expect(least >= 0, why).toBe(true);
			break;
		case "currencyUSD":
			expect(expr, why).toMatch(/cents.*\/ 100/);
			break;
		case "short":
		case "none":
			expect(isCount || !/_seconds_bucket|_bytes\b/.test(expr) || panel.type === "heatmap", why).toBe(true);
			break;
		default:
			expect(panel.type, `${unit}: ${why}`).toMatch(/nodeGraph|traces|table|logs/);
	}
}
