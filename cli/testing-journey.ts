/** The main job in a real browser, on the product as its command runs it: from the first screen to a trace, its parts, and back. The same for every backend. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Traces } from "../server/api/schema.ts";
import { type Started, until } from "./started.ts";

/** `start` runs the command with its data below a folder, on ports that are free, and resolves when it says that it runs. */
export function describeJourney(name: string, start: (dataDir: string) => Promise<Started>): void {
	describe(name, () => {
		const folder = mkdtempSync(join(tmpdir(), "trivet-journey-"));
		let trivet: Started;
		let browser: Browser;
		let context: BrowserContext;
		let page: Page;
		/** What the page complained of: none is accepted. */
		let complaints: string[];

		beforeAll(async () => {
			[trivet, browser] = await Promise.all([
				start(join(folder, "data")),
				chromium.launch({
					...(process.env.TRIVET_CHROMIUM ? { executablePath: process.env.TRIVET_CHROMIUM } : {}),
					args: [
						"--no-sandbox",
						"--disable-gpu",
						"--disable-background-networking",
						"--no-first-run",
						"--disable-sync",
					],
				}),
			]);
			await checkout();
		});

		afterAll(async () => {
			await browser?.close();
			await trivet?.stop();
			rmSync(folder, { recursive: true, force: true });
		});

		beforeEach(async () => {
			context = await browser.newContext({ viewport: { width: 1440, height: 900 }, baseURL: trivet.consoleUrl });
			page = await context.newPage();
			page.setDefaultTimeout(60_000);
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

		/** A complete checkout of the shop with log lines: seven services and more. */
		function checkout(): Promise<string> {
			return until(async () => {
				const query = new URLSearchParams({ service: "orders", limit: "100" });
				const { traces } = (await (await fetch(`${trivet.consoleUrl}/api/traces?${query}`)).json()) as Traces;
				return traces.find((trace) => trace.services.length >= 6 && !trace.rootMissing)?.traceId;
			}, 60_000);
		}

		async function send(path: string, body: unknown): Promise<void> {
			const response = await fetch(`${trivet.otlpUrl}${path}`, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify(body),
			});
			expect(response.status).toBe(200);
		}

		test("start page, traces, a trace, a span, its logs, its service's RED, topology, and back", async () => {
			await page.goto("/");
			await page.getByTestId("service-row").filter({ hasText: "storefront" }).first().waitFor();

			await page.getByRole("link", { name: "Traces", exact: true }).click();
			await page.getByTestId("trace-row").filter({ hasText: "POST /checkout" }).first().click();
			await page.getByTestId("trace-header").waitFor();
			expect(new URL(page.url()).pathname).toMatch(/^\/trace\/[0-9a-f]{32}$/);

			const payment = page.getByTestId("span-row").filter({ hasText: "payment" }).first();
			await payment.click();
			await page.getByTestId("span-panel").filter({ hasText: "payment" }).waitFor();
			expect(new URL(page.url()).searchParams.get("span")).toMatch(/^[0-9a-f]{16}/);
			await page.getByTestId("trace-log-row").first().waitFor();
			expect(await page.getByTestId("trace-logs").textContent()).toMatch(/payment/);

			const red = page.getByTestId("red-row").filter({ hasText: "payment" }).first();
			await red.getByRole("link").first().click();
			await page.waitForURL(/\/services\/payment/);
			await page.getByTestId("route-row").first().waitFor();

			await page.getByRole("link", { name: "Topology", exact: true }).click();
			await page.getByTestId("topology-node").filter({ hasText: "payment" }).first().click();
			await page.getByTestId("topology-panel").filter({ hasText: "Called by" }).waitFor();

			await page.goBack();
			await page.goBack();
			await page.waitForURL(/\/services\/payment/);
			await page.goBack();
			await page.waitForURL(/\/trace\/[0-9a-f]{32}.*span=/);
			await page.getByTestId("span-panel").filter({ hasText: "payment" }).waitFor();
		});

		test("Ctrl-K takes a trace ID in another spelling, a traceparent and a request ID to the trace", async () => {
			const traceId = await checkout();
			for (const text of [traceId.toUpperCase(), `00-${traceId}-00f067aa0ba902b7-01`]) {
				await page.goto("/");
				await page.getByTestId("search-input").waitFor();
				await page.keyboard.press("Control+k");
				await page.keyboard.type(text);
				await page.keyboard.press("Enter");
				await page.getByTestId("trace-header").waitFor();
				expect(decodeURIComponent(page.url()).toLowerCase()).toContain(traceId);
			}
		});

		test("an ID nobody knows says what it may be", async () => {
			await page.goto("/trace/ffffffffffffffffffffffffffffffff");
			const missing = page.getByTestId("trace-missing");
			await missing.waitFor();
			await expect.poll(() => missing.textContent()).toMatch(/sampled out/i);
		});

		test("what attributes and log lines hold stays text", async () => {
			const evil = "<img src=x onerror=alert(1)><script>alert(2)</script>";
			const traceId = "a3ce929d0e0e47364bf92f3577b34da6";
			const spanId = "00f067aa0ba902b7";
			const nowNs = BigInt(Date.now()) * 1_000_000n;
			const resource = { attributes: [{ key: "service.name", value: { stringValue: evil } }] };
			await send("/v1/traces", {
				resourceSpans: [
					{
						resource,
						scopeSpans: [
							{
								spans: [
									{
										traceId,
										spanId,
										name: evil,
										kind: 2,
										startTimeUnixNano: String(nowNs),
										endTimeUnixNano: String(nowNs + 9_000_000n),
										attributes: [{ key: evil, value: { stringValue: evil } }],
									},
								],
							},
						],
					},
				],
			});
			const record = { timeUnixNano: String(nowNs), body: { stringValue: evil }, traceId, spanId };
			await send("/v1/logs", { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }] });
			await page.goto(`/trace/${traceId}?span=${spanId}`);
			await page.getByTestId("trace-log-row").filter({ hasText: "<script>alert(2)" }).waitFor();
			await page.getByTestId("span-panel").filter({ hasText: "onerror=alert(1)" }).waitFor();
			for (const path of ["/", "/traces", "/logs", "/topology"]) {
				await page.goto(path);
				await page.getByText("alert(2)").first().waitFor({ state: "attached" });
			}
		});

		test("the demo hides with one switch, on every page", async () => {
			await page.goto("/traces");
			await page.getByTestId("trace-row").filter({ hasText: "storefront" }).first().waitFor();
			await page.getByTestId("hide-demo").click();
			await expect.poll(() => page.getByTestId("trace-row").filter({ hasText: "storefront" }).count()).toBe(0);
			await page.getByRole("link", { name: "Topology", exact: true }).click();
			await page.waitForURL(/\/topology.*hideDemo=true/);
		});

		test.each(["dark", "light"] as const)("on a phone in %s nothing is wider than the screen", async (colorScheme) => {
			const phone = await browser.newContext({
				viewport: { width: 375, height: 812 },
				baseURL: trivet.consoleUrl,
				colorScheme,
			});
			try {
				const small = await phone.newPage();
				const traceId = await checkout();
				for (const path of ["/", "/traces", `/trace/${traceId}`, "/services/orders", "/logs", "/topology", "/status"]) {
					await small.goto(path, { waitUntil: "networkidle" });
					const wider = await small.evaluate<number>("document.documentElement.scrollWidth - window.innerWidth");
					expect(wider, path).toBeLessThanOrEqual(0);
				}
			} finally {
				await phone.close();
			}
		});
	});
}
