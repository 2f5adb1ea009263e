import { afterAll, afterEach, beforeAll } from "vitest";
import { Capture } from "./capture.ts";
import { killApps } from "./run-app.ts";

/**
 * A receiver for the tests of a file or of a `describe`, empty for each of them. Apps live as long as told, and never longer than the
 * receiver.
 */
export function captureFor(appsLive: "one test" | "all tests"): Capture {
	const capture = new Capture();
	beforeAll(() => capture.listen());
	afterEach(async () => {
		if (appsLive === "one test") {
			await killApps();
		}
		capture.clear();
	});
	afterAll(async () => {
		await killApps();
		await capture.close();
	});
	return capture;
}
