import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { SERVICES } from "./shop.ts";
import { descendantsOf, isAlive, makeDataDir, type StartedDemo, startDemoProcess } from "./testing-demo.ts";

/** Nothing listens here: a demo must run, and end, without its receiver. */
const NOWHERE = "http://127.0.0.1:9";

let data: Awaited<ReturnType<typeof makeDataDir>>;
let demo: StartedDemo | undefined;
beforeAll(async () => {
	data = await makeDataDir();
});
afterEach(() => demo?.stop());
afterAll(() => data.remove());

/** Those that are still there when `timeoutMs` is over. */
async function survivors(pids: readonly number[], timeoutMs = 20_000): Promise<number[]> {
	const untilMs = Date.now() + timeoutMs;
	let left = pids.filter(isAlive);
	while (left.length > 0 && Date.now() < untilMs) {
		await new Promise((resolve) => setTimeout(resolve, 20));
		left = left.filter(isAlive);
	}
	return left;
}

/** All on one data directory, so each after the first also starts on what the one before left. */
describe("the demo's process", () => {
	it.each<[string, (demo: StartedDemo) => void]>([
		["when it is killed", (demo) => demo.process.kill("SIGKILL")],
		["when it is asked to end", (demo) => demo.process.kill("SIGTERM")],
		["when the one who started it goes away", (demo) => demo.process.disconnect()],
	])(
		"leaves no process behind %s",
		async (_when, end) => {
			demo = await startDemoProcess(NOWHERE, data.path);
			const family = [demo.process.pid!, ...descendantsOf(demo.process.pid!)];
			expect(family.length).toBeGreaterThan(SERVICES.length);
			end(demo);
			expect(await survivors(family)).toEqual([]);
		},
		120_000,
	);

	it("makes its databases once", () => {
		expect(demo?.progress.join("\n")).not.toContain("databases");
	});
});
