import { describe, expect, it } from "vitest";
import { withTrivet } from "./next.ts";
import { captureFor } from "./testing/capture-for.ts";
import { runApp } from "./testing/run-app.ts";

const capture = captureFor("one test");

describe("register", () => {
	it("starts in Node's runtime, and requests of the server that was there before are traced", async () => {
		const app = runApp("next-server.mjs", { load: "none", otlp: capture.url, env: { NEXT_RUNTIME: "nodejs" } });
		expect(await (await fetch(await app.url())).text()).toBe("page");
		expect(await app.said(/started (\w+)/)).toBe("true");
		expect(await capture.until(() => capture.spans.find(({ kind }) => kind === 2), "the request")).toBeDefined();
	});

	it.each(["edge", ""])("does nothing in another runtime (%j)", async (runtime) => {
		const app = runApp("next-server.mjs", { load: "none", otlp: capture.url, env: { NEXT_RUNTIME: runtime } });
		expect(await (await fetch(await app.url())).text()).toBe("page");
		expect(await app.said(/started (\w+)/)).toBe("false");
		expect(app.stderr).toBe("");
	});

	it("a process that was started by --import already is not started again", async () => {
		const app = runApp("next-server.mjs", { otlp: capture.url, env: { NEXT_RUNTIME: "nodejs" } });
		await app.url();
		expect(app.stderr.match(/\[trivet\]/g)).toHaveLength(1);
	});
});

describe("withTrivet", () => {
	it("adds to the configuration and changes nothing that is in it", () => {
		const config = { reactStrictMode: true, serverExternalPackages: ["sharp", "pg"] };
		const extended = withTrivet(config);
		expect(extended).toMatchObject({ reactStrictMode: true });
		expect(extended.serverExternalPackages?.slice(0, 2)).toEqual(["sharp", "pg"]);
		expect(extended.serverExternalPackages).toContain("@trivet/instrumentation");
		expect(new Set(extended.serverExternalPackages).size).toBe(extended.serverExternalPackages?.length);
		expect(config.serverExternalPackages).toEqual(["sharp", "pg"]);
	});

	it("needs no configuration", () => {
		expect(withTrivet().serverExternalPackages).toContain("pino");
	});
});
