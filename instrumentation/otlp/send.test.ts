import { afterAll, beforeAll, expect, it } from "vitest";
import { Capture } from "../testing/capture.ts";
import { killApps, runApp } from "../testing/run-app.ts";

let capture: Capture;
beforeAll(async () => {
	capture = await Capture.start();
});
afterAll(async () => {
	await killApps();
	await capture.close();
});

it("every span arrives once, also over a connection that has idled", async () => {
	const url = await runApp("express.mjs", { otlp: capture.url, env: { OTEL_LOGS_EXPORTER: "none" } }).url();
	for (let sent = 1; sent <= 4; sent++) {
		const batches = capture.requests.length;
		await (await fetch(`${url}/users/${sent}`)).text();
		await capture.until(() => capture.requests.length > batches, "a batch");
	}
	// Batches go one by one: what is sent again comes before the next one.
	const paths = capture.spans.map(({ attributes }) => attributes["url.path"]).filter((path) => path !== "/users/4");
	expect(paths).toEqual(["/users/1", "/users/2", "/users/3"]);
});
