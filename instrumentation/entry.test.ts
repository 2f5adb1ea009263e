import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Capture } from "./testing/capture.ts";
import { type Line, nodeOf } from "./testing/node-versions.ts";
import { type App, killApps, type RunOptions, runApp } from "./testing/run-app.ts";

const ENTRY = "@trivet/instrumentation/register";
const METRICS = { OTEL_METRICS_EXPORTER: "otlp", OTEL_METRIC_EXPORT_INTERVAL: "100" };
const cli = join(dirname(createRequire(import.meta.url).resolve("tsx/package.json")), "dist/cli.mjs");
const routes = fileURLToPath(new URL("testing/apps/express-routes.cjs", import.meta.url));

/** TypeScript that Node alone does not run, in any version: an enum. (A .cts that loads express, tsx itself does not run on Node 20.) */
const TYPED = {
	"package.json": `{ "type": "commonjs" }`,
	"app.mts": `import express, { type Express } from "express";
import { pino } from "pino";
import client from "prom-client";
import { routes } from ${JSON.stringify(routes)};
enum Host { Local = "127.0.0.1" }
const app: Express = express();
routes(app, express, pino(), client);
const server = app.listen(0, Host.Local, () => console.log(\`listening \${(server.address() as { port: number }).port}\`));`,
	"app.ts": `import express = require("express");
const { routes } = require(${JSON.stringify(routes)});
enum Host { Local = "127.0.0.1" }
const app: any = express();
routes(app, express, require("pino")(), require("prom-client"));
const server = app.listen(0, Host.Local, () => console.log(\`listening \${(server.address() as { port: number }).port}\`));`,
};

let capture: Capture;
let typed: string;
beforeAll(async () => {
	capture = await Capture.start();
	const cache = fileURLToPath(new URL("../node_modules/.cache/trivet", import.meta.url));
	mkdirSync(cache, { recursive: true });
	typed = mkdtempSync(join(cache, "typed-"));
	for (const [name, code] of Object.entries(TYPED)) {
		writeFileSync(join(typed, name), code);
	}
});
afterEach(async () => {
	await killApps();
	capture.clear();
});
afterAll(async () => {
	await capture.close();
	rmSync(typed, { recursive: true, force: true });
});

interface Case {
	how: string;
	start: (options: RunOptions) => App;
}

const CASES: Case[] = [
	{ how: "--import, ESM", start: (options) => runApp("express.mjs", options) },
	{ how: "--import, CommonJS", start: (options) => runApp("express.cjs", options) },
	{ how: "--require, CommonJS", start: (options) => runApp("express.cjs", { ...options, load: "require" }) },
	{ how: "NODE_OPTIONS, ESM", start: (options) => runApp("express.mjs", { ...options, load: "NODE_OPTIONS" }) },
	{ how: "NODE_OPTIONS, CommonJS", start: (options) => runApp("express.cjs", { ...options, load: "NODE_OPTIONS" }) },
	...(["app.mts", "app.ts"] as const).flatMap((file): Case[] => [
		{
			how: `tsx --import, ${file}`,
			start: (options) =>
				runApp(cli, { ...options, cwd: typed, load: "none", args: ["--import", ENTRY, join(typed, file)] }),
		},
		{
			how: `node --import tsx --import, ${file}`,
			start: (options) => runApp(join(typed, file), { ...options, cwd: typed, flags: ["--import", "tsx"] }),
		},
	]),
];

describe.each([20, 22, 24] satisfies Line[])("on Node %d", (line) => {
	it.for(CASES)("by $how, a request has its span, line, metrics and exemplars", async ({ start }, context) => {
		const node = await nodeOf(line);
		if ("missing" in node) {
			console.log(`not tested: ${node.missing}`);
			context.skip(node.missing);
			return;
		}
		const app = start({ otlp: capture.url, node: node.path, env: METRICS });
		expect((await fetch(`${await app.url()}/users/7`)).status).toBe(200);

		const request = await capture.until(() => capture.spans.find(({ kind }) => kind === 2), "the request's span");
		expect(request).toMatchObject({ name: "GET /users/:id", resource: { "service.name": "app-under-test" } });
		expect(String(request.resource["process.runtime.version"])).toMatch(new RegExp(`^${line}\\.`));
		const [record] = await capture.until(() => capture.records, "the line");
		expect(record).toMatchObject({ body: "user asked for", traceId: request.traceId });
		expect(app.lines()[0]).toMatchObject({ trace_id: request.traceId, service: "app-under-test" });
		for (const metric of ["app_work_seconds", "app_orders", "http.server.request.duration"]) {
			const point = await capture.until(
				() => capture.points.find((point) => point.metric === metric && point.exemplars.length > 0),
				metric,
			);
			expect(new Set(point.exemplars.map(({ traceId }) => traceId))).toEqual(new Set([request.traceId]));
		}
		expect(capture.spans).toHaveLength(1);
		expect(app.stderr.match(/\[trivet\] app-under-test: /g)).toHaveLength(1);
		expect(app.stderr).not.toMatch(/Warning|deprecat/i);
		await app.stop();
	});
});
