/** `npm run screenshots`: the pictures of the docs, taken from the running product with its demo: docs/*.png. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright";
import type { Traces } from "../server/api/schema.ts";
import { findChromium } from "./chromium.ts";
import { startTrivet, until } from "./started.ts";

/** Minutes of traffic before the pictures, so that the charts have something to show. */
const TRAFFIC_MS = 150_000;

export async function main(args: string[], root: string): Promise<void> {
	const executablePath = await findChromium(root);
	const folder = mkdtempSync(join(tmpdir(), "trivet-screenshots-"));
	const trivet = await startTrivet("start", ["--port", "0", "--otlp-port", "0", "--data-dir", join(folder, "data")]);
	const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
	try {
		await new Promise((resolve) => setTimeout(resolve, args.includes("--quick") ? 20_000 : TRAFFIC_MS));
		const pictures: [string, string, "dark" | "light"][] = [
			["pivot", `/trace/${await checkout(trivet.consoleUrl)}`, "dark"],
			["overview", "/", "light"],
			["topology", "/topology", "dark"],
		];
		mkdirSync(join(root, "docs"), { recursive: true });
		for (const [name, path, colorScheme] of pictures) {
			const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme });
			const page = await context.newPage();
			await page.goto(trivet.consoleUrl + path, { waitUntil: "networkidle" });
			if (name === "pivot") {
				await page.getByTestId("span-row").filter({ hasText: "payment" }).first().click();
				await page.getByTestId("span-panel").filter({ hasText: "http.route" }).waitFor();
			}
			await page.waitForLoadState("networkidle");
			await page.screenshot({ path: join(root, "docs", `${name}.png`) });
			process.stdout.write(`docs/${name}.png  ${path}\n`);
			await context.close();
		}
	} finally {
		await browser.close();
		await trivet.stop();
		rmSync(folder, { recursive: true, force: true });
	}
}

/** The checkout that went through most services; one with an error when there is one. */
function checkout(consoleUrl: string): Promise<string> {
	return until(async () => {
		const { traces } = (await (await fetch(`${consoleUrl}/api/traces?service=payment&limit=300`)).json()) as Traces;
		const rank = (trace: Traces["traces"][number]): number =>
			trace.services.length * 10 + Math.min(trace.errorCount, 1) * 15;
		return traces.sort((a, b) => rank(b) - rank(a))[0]?.traceId;
	});
}
