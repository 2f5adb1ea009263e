import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Capture } from "../testing/capture.ts";
import { killApps, runApp } from "../testing/run-app.ts";

let capture: Capture;
/** Where the transports ship to. */
let store: Server;
let shipped = "";

beforeAll(async () => {
	capture = await Capture.start();
	store = createServer((request, response) => {
		request.setEncoding("utf8").on("data", (text: string) => {
			shipped += text;
		});
		request.on("end", () => response.writeHead(200, { "Content-Type": "application/json" }).end("{}"));
	});
	await new Promise<void>((resolve) => store.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
	await killApps();
	capture.clear();
	shipped = "";
});
afterAll(async () => {
	await capture.close();
	store.closeAllConnections();
	await new Promise((resolve) => store.close(resolve));
});

async function run(
	how: string,
	env: Record<string, string> = {},
	late?: string,
): Promise<{ sent: unknown[]; said: string[] }> {
	const url = `http://127.0.0.1:${(store.address() as AddressInfo).port}`;
	const app =
		late !== undefined
			? runApp(late, { otlp: capture.url, args: [how, url], env, load: "none" })
			: runApp("pino-shipped.mjs", { otlp: capture.url, args: [how, url], env });
	await (await fetch(await app.url())).text();
	if (how === "file") {
		await app.said(/by the transport/);
	} else {
		await capture.until(() => shipped.includes("by the transport"), "the transport's own way");
	}
	await app.stop();
	return { sent: capture.records.map(({ body }) => body).sort(), said: app.stderr.split("\n").slice(0, -1) };
}

it.each([
	["otlp", "pino-opentelemetry-transport ships"],
	["loki", "pino-loki ships"],
	["targets", "pino-loki ships"],
	["pipeline", "pino-loki ships"],
	["multistream", "pino-loki ships"],
])("lines that a transport ships (%s) are not sent again, and one line says so", async (how, words) => {
	const { sent, said } = await run(how);
	expect(sent).toEqual(["GET / 200", "by us"]);
	expect(said).toEqual([expect.stringContaining("sampler"), expect.stringContaining(words)]);
});

it("pino-loki in the app's own thread: all lines of pino are left to it", async () => {
	const { sent, said } = await run("here");
	expect(sent).toEqual(["GET / 200"]);
	expect(said).toEqual([expect.stringContaining("sampler"), expect.stringContaining("pino-loki is loaded")]);
});

describe("transports that were made before a late start()", () => {
	it.each([
		["otlp", "shipped-late.mjs", "what pino has looked for"],
		["loki", "shipped-late/app.mjs", "what the app depends on"],
		["targets", "shipped-late/app.mjs", "what the app depends on"],
		["pipeline", "shipped-late/app.mjs", "what the app depends on"],
		["multistream", "shipped-late/app.mjs", "what the app depends on"],
	])("%s in %s is known by %s", async (how, app) => {
		const { sent, said } = await run(how, {}, app);
		expect(sent).toEqual(["GET / 200", "by us"]);
		expect(said).toEqual([expect.stringContaining("sampler"), expect.stringContaining("loaded before start()")]);
	});

	it("one that ships nothing has its lines sent", async () => {
		const { sent, said } = await run("file", {}, "shipped-late.mjs");
		expect(sent).toEqual(["GET / 200", "by the transport", "by us"]);
		expect(said).toHaveLength(1);
	});
});

it("TRIVET_SHIPPED_LINES=send sends them, too", async () => {
	const { sent, said } = await run("loki", { TRIVET_SHIPPED_LINES: "send" });
	expect(sent).toEqual(["GET / 200", "by the transport", "by us"]);
	expect(said).toHaveLength(1);
});
