import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Capture } from "./testing/capture.ts";
import { killApps, runApp } from "./testing/run-app.ts";

let capture: Capture;
beforeAll(async () => {
	capture = await Capture.start();
});
afterEach(async () => {
	await killApps();
	capture.clear();
});
afterAll(() => capture.close());

it.each([
	["1.9", "@opentelemetry/api"],
	["1.10", "opentelemetry-api-latest"],
])("an app that uses API %s itself gets real spans, inside the request's", async (_version, module) => {
	const app = runApp("api-user.mjs", { otlp: capture.url, args: [module] });
	await (await fetch(await app.url())).text();
	const own = await capture.until(() => capture.spans.find(({ name }) => name === "own work"), "the app's span");
	const request = await capture.until(() => capture.spans.find(({ kind }) => kind === 2), "the request's");
	expect(own).toMatchObject({ traceId: request.traceId, parentSpanId: request.spanId });
});

describe("threads and clusters", () => {
	it("a worker thread is left alone, and each worker of a cluster reports for itself", async () => {
		const app = runApp("threads.mjs", { otlp: capture.url });
		const url = await app.url();
		const pids = new Set<number>();
		while (pids.size < 2) {
			pids.add(Number(await (await fetch(url, { headers: { connection: "close" } })).text()));
		}
		expect(await app.said(/thread ended (\d)/)).toBe("0");
		const seen = await capture.until(() => {
			const resources = new Map(
				capture.spans.map(({ resource }) => [resource["process.pid"], resource["service.instance.id"]]),
			);
			return resources.size === 2 && resources;
		}, "spans of both workers");
		expect(new Set(seen.keys())).toEqual(pids);
		expect(new Set(seen.values()).size).toBe(2);
		expect(app.stderr.match(/\[trivet\] app-under-test: /g)).toHaveLength(3);
		expect((await app.stop()).code).toBe(0);
	});
});
