/** Incidents in a real browser, on the product as `npm start` runs it: from Alertmanager's message to the telemetry of its service and window. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type Started, startTrivet } from "./started.ts";

const folder = mkdtempSync(join(tmpdir(), "trivet-incidents-"));
const START = [
	"--port",
	"0",
	"--otlp-port",
	"0",
	"--otlp-grpc-port",
	"0",
	"--no-demo",
	"--data-dir",
	join(folder, "data"),
];
const TRACE = "5b8aa5a2d2c872e8321cf37308d69df2";
const EVIL = "<img src=x onerror=alert(1)>";
const startedMs = Date.now() - 5 * 60_000;
let trivet: Started;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** What the page complained of: none is accepted. */
let complaints: string[];

beforeAll(async () => {
	[trivet, browser] = await Promise.all([
		startTrivet("start", START),
		chromium.launch({
			...(process.env.TRIVET_CHROMIUM ? { executablePath: process.env.TRIVET_CHROMIUM } : {}),
			args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync"],
		}),
	]);
	await sendFailedTrace();
});
afterAll(async () => {
	await browser?.close();
	await trivet?.stop();
	rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
	context = await browser.newContext({ viewport: { width: 1440, height: 900 }, baseURL: trivet.consoleUrl });
	page = await context.newPage();
	page.setDefaultTimeout(20_000);
	complaints = [];
	page.on("pageerror", (error) => complaints.push(error.message));
	page.on("dialog", (dialog) => {
		complaints.push(`dialog: ${dialog.message()}`);
		void dialog.dismiss();
	});
});
afterEach(async () => {
	await context.close();
	expect(complaints).toEqual([]);
});

/** One failed request of payment with a log line, just after the alert began. */
async function sendFailedTrace(): Promise<void> {
	const startNs = BigInt(startedMs + 1000) * 1_000_000n;
	const resource = { attributes: [{ key: "service.name", value: { stringValue: "payment" } }] };
	const span = {
		traceId: TRACE,
		spanId: "00f067aa0ba902b7",
		name: "POST /charge",
		kind: 2,
		startTimeUnixNano: String(startNs),
		endTimeUnixNano: String(startNs + 40_000_000n),
		status: { code: 2 },
	};
	const line = {
		timeUnixNano: String(startNs),
		severityNumber: 17,
		body: { stringValue: "card declined" },
		traceId: TRACE,
		spanId: span.spanId,
	};
	const exports: [string, object][] = [
		["/v1/traces", { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }],
		["/v1/logs", { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [line] }] }] }],
	];
	for (const [path, body] of exports) await post(trivet.otlpUrl + path, body);
}

async function post(url: string, body: unknown): Promise<void> {
	const headers = { "content-type": "application/json" };
	const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
	expect(response.status, await response.text()).toBe(200);
}

/** What Alertmanager would send. */
function tell(
	alertname: string,
	status: "firing" | "resolved",
	annotations: Record<string, string> = {},
): Promise<void> {
	const alert = {
		status,
		labels: { alertname, service_name: "payment", severity: "critical" },
		annotations,
		startsAt: new Date(startedMs).toISOString(),
		endsAt: status === "firing" ? "0001-01-01T00:00:00Z" : new Date(startedMs + 120_000).toISOString(),
		generatorURL: "javascript:alert(2)",
		fingerprint: alertname,
	};
	return post(`${trivet.consoleUrl}/api/alerts`, {
		version: "4",
		groupKey: alertname,
		status,
		receiver: "trivet",
		groupLabels: { alertname },
		externalURL: "http://alertmanager.example:9093",
		alerts: [alert],
	});
}

test("before the first alert the page says how to connect Alertmanager with this console", async () => {
	await page.goto("/incidents");
	const connect = page.getByTestId("connect-alertmanager");
	await connect.waitFor();
	expect(await connect.textContent()).toContain(`url: ${trivet.consoleUrl}/api/alerts`);
	expect(await page.getByTestId("firing-badge").count()).toBe(0);
});

test("an alert appears by itself with its badge, leads to its service's failed trace, and is over when it is resolved", async () => {
	await page.goto("/incidents");
	await page.getByTestId("connect-alertmanager").waitFor();
	await tell("HighErrorRate", "firing", {
		summary: "More than 5 % fail",
		description: EVIL,
		runbook_url: "https://runbooks.example/x",
	});
	await page.getByTestId("firing").getByTestId("incident-row").filter({ hasText: "HighErrorRate" }).waitFor();
	expect(await page.getByTestId("firing-badge").textContent()).toMatch(/^1/);

	await page.keyboard.press("j");
	await page.keyboard.press("Enter");
	await page.getByTestId("incident").waitFor();
	const subject = page.getByTestId("incident-subject").filter({ hasText: "payment" });
	await subject.getByTestId("trace-row").filter({ hasText: "POST /charge" }).waitFor();
	await subject.getByText("card declined").waitFor();
	// Data never become markup or a way out.
	await page.getByText(EVIL).first().waitFor();
	const links = await page
		.locator("#page a[href]")
		.evaluateAll((all) => all.map((link) => String((link as unknown as { href: string }).href)));
	expect(links.filter((href) => !/^https?:/.test(href))).toEqual([]);
	expect(links).toContain("https://runbooks.example/x");

	await page.reload();
	await subject.getByTestId("trace-row").first().waitFor();

	await subject.getByRole("link", { name: "Failed traces" }).click();
	await page.waitForURL(/\/traces\?/);
	const query = new URL(page.url()).searchParams;
	expect(Object.fromEntries(query)).toMatchObject({ service: "payment", status: "error", to: "now" });
	expect(Number(query.get("from"))).toBe(startedMs - 15 * 60_000);
	await page.getByTestId("trace-row").filter({ hasText: "POST /charge" }).click();
	await page.getByTestId("trace-header").waitFor();
	expect(new URL(page.url()).pathname).toBe(`/trace/${TRACE}`);

	await page.goto("/incidents");
	await page.getByTestId("firing").getByTestId("incident-row").waitFor();
	await tell("HighErrorRate", "resolved");
	await page.getByTestId("resolved").getByTestId("incident-row").filter({ hasText: "HighErrorRate" }).waitFor();
	await page.getByTestId("firing").getByText("Nothing fires").waitFor();
	await page.getByTestId("firing-badge").waitFor({ state: "detached" });
});

test("it is there after a restart, and fits a phone", async () => {
	await tell("QueueBacklog", "firing", { summary: "x".repeat(500) });
	await trivet.stop();
	trivet = await startTrivet("start", START);
	const phone = await browser.newContext({ viewport: { width: 375, height: 812 }, baseURL: trivet.consoleUrl });
	try {
		const small = await phone.newPage();
		await small.goto("/incidents");
		await small.getByTestId("incident-row").filter({ hasText: "QueueBacklog" }).click();
		await small.getByTestId("incident-alert").waitFor();
		const wide = await small
			.locator("#page")
			.evaluate((box) => (box as unknown as { scrollWidth: number }).scrollWidth);
		expect(wide).toBeLessThanOrEqual(375);
	} finally {
		await phone.close();
	}
});
