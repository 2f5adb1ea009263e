import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { serveLocally } from "./serve.ts";
import type { MetricSource } from "./source.ts";

let server: Server | undefined;
afterEach(() => {
	server?.closeAllConnections();
	server?.close();
});

const good: MetricSource = {
	collect: () => Promise.resolve([{ name: "a_total", help: "", type: "counter", points: [{ labels: {}, value: 1 }] }]),
};

async function ask(source: MetricSource, method: string, path: string, accept = "*/*") {
	server = serveLocally({ metrics: source }, { host: "127.0.0.1", port: 0 });
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { accept } });
	return { status: response.status, type: response.headers.get("content-type"), body: await response.text() };
}

it.each([
	["GET", "/metrics", 200, "# HELP a_total \n# TYPE a_total counter\na_total 1\n"],
	["GET", "/metrics?name=a", 200, "# HELP a_total \n# TYPE a_total counter\na_total 1\n"],
	["HEAD", "/metrics", 200, ""],
	["POST", "/metrics", 405, "The metrics are at GET /metrics.\n"],
	["GET", "/", 404, "The metrics are at GET /metrics.\n"],
	["GET", "/metrics/../etc/passwd", 404, "The metrics are at GET /metrics.\n"],
])("%s %s is answered with %d", async (method, path, status, body) => {
	expect(await ask(good, method, path)).toMatchObject({ status, body });
});

it("the content type names the format that was asked for", async () => {
	const accept = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;q=0.5";
	expect(await ask(good, "GET", "/metrics", accept)).toEqual({
		status: 200,
		type: "application/openmetrics-text; version=1.0.0; charset=utf-8",
		body: "# TYPE a counter\na_total 1\n# EOF\n",
	});
});

it("metrics that cannot be read are an error to the scraper, not to the app", async () => {
	expect(await ask({ collect: () => Promise.reject(new Error("no")) }, "GET", "/metrics")).toMatchObject({
		status: 500,
	});
});
