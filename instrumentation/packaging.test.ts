import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { measured } from "../bench/instrumented/packages.ts";
import { Capture } from "./testing/capture.ts";
import { killApps, runApp } from "./testing/run-app.ts";

const run = promisify(execFile);
const source = fileURLToPath(new URL(".", import.meta.url));
const bin = fileURLToPath(new URL("../node_modules/.bin/", import.meta.url));
const MB = 1_000_000;

let folder: string;
let tarball: string;
let capture: Capture;
beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "trivet-pack-"));
	// Without `prepack`: other tests are running from dist.
	await run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], { cwd: source });
	tarball = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz"))!);
	capture = await Capture.start();
});
afterEach(async () => {
	await killApps();
	capture.clear();
});
afterAll(async () => {
	await capture.close();
	rmSync(folder, { recursive: true, force: true });
});

it("publint has nothing to say about the tarball", async () => {
	const { stdout } = await run(join(bin, "publint"), [tarball, "--strict"], { cwd: source });
	expect(stdout).toContain("All good!");
});

it("its types resolve for every way of importing it, by attw", async () => {
	const { stdout } = await run(join(bin, "attw"), [tarball, "--format", "json"], { cwd: source, maxBuffer: 64 * MB });
	const { analysis } = JSON.parse(stdout) as {
		analysis: { problems: unknown[]; types: { kind: string }; entrypoints: Record<string, unknown> };
	};
	expect(analysis.types.kind).toBe("included");
	expect(analysis.problems).toEqual([]);
	expect(Object.keys(analysis.entrypoints).sort()).toEqual([".", "./next", "./package.json", "./register"]);
});

it("holds what runs, its types and its papers, and nothing else", async () => {
	const { stdout } = await run("tar", ["-tzf", tarball]);
	const files = stdout
		.trim()
		.split("\n")
		.map((name) => name.replace(/^package\//, ""));
	for (const paper of ["README.md", "CHANGELOG.md", "LICENSE", "package.json"]) {
		expect(files).toContain(paper);
	}
	expect(
		files.filter((name) => !/^dist\/(esm|cjs)\/.+\.(js|d\.ts|json)$|^[A-Z]+(\.md)?$|^package\.json$/.test(name)),
	).toEqual([]);
	expect(files.filter((name) => /\.test\.|testing/.test(name))).toEqual([]);
});

it("the changelog tells of this version", () => {
	const { version } = JSON.parse(readFileSync(join(source, "package.json"), "utf8")) as { version: string };
	expect(readFileSync(join(source, "CHANGELOG.md"), "utf8")).toContain(`## ${version}`);
});

const SHOP = `
const app = express();
const log = pino();
const orders = new client.Histogram({ name: "order_duration_seconds", help: "Orders", labelNames: ["kind"], buckets: [0.1, 1] });
app.get("/orders/:id", (request, response) => {
	log.info({ order: request.params.id }, "order placed");
	orders.observe({ kind: "card" }, 0.05);
	response.json({ ok: true });
});
const server = app.listen(0, "127.0.0.1", () => console.log("listening " + server.address().port));
`;
const PROJECTS = [
	{
		format: "ESM",
		load: "import",
		manifest: { name: "blank-esm", version: "3.2.1", type: "module" },
		app: `import express from "express";\nimport pino from "pino";\nimport client from "prom-client";\n${SHOP}`,
	},
	{
		format: "CommonJS",
		load: "require",
		manifest: { name: "blank-cjs", version: "3.2.1" },
		app: `const express = require("express");\nconst pino = require("pino");\nconst client = require("prom-client");\n${SHOP}`,
	},
] as const;

describe("installed from the tarball", () => {
	it("alone in an empty project it takes at most 45 MB and 60 packages", async (context) => {
		const project = blank({ name: "empty" });
		await install(project, [tarball], (reason) => context.skip(reason));
		const { bytes, packages } = measured(project);
		console.log(`installed: ${(bytes / MB).toFixed(1)} MB, ${packages} packages`);
		expect(bytes).toBeLessThanOrEqual(45 * MB);
		expect(packages).toBeLessThanOrEqual(60);

		const { stdout: usage } = await run("npx", ["--no", "--", "@trivet/instrumentation", "--help"], { cwd: project });
		expect(usage).toContain("usage: npx @trivet/instrumentation doctor");
	});

	it.for(PROJECTS)(
		"an empty $format express project sends trace, line and metric, its app as it is",
		async (of, context) => {
			const project = blank(of.manifest);
			writeFileSync(join(project, "app.js"), of.app);
			await install(project, [tarball, version("express"), version("pino"), version("prom-client")], (reason) =>
				context.skip(reason),
			);
			const app = runApp(join(project, "app.js"), {
				cwd: project,
				load: of.load,
				otlp: capture.url,
				env: { OTEL_METRICS_EXPORTER: "otlp", OTEL_METRIC_EXPORT_INTERVAL: "200", OTEL_SERVICE_NAME: "" },
			});
			expect((await fetch(`${await app.url()}/orders/7`)).status).toBe(200);

			const request = await capture.until(() => capture.spans.find(({ kind }) => kind === 2), "the request's span");
			expect(request).toMatchObject({ name: "GET /orders/:id", resource: { "service.name": of.manifest.name } });
			const line = await capture.until(() => capture.records.find(({ body }) => body === "order placed"), "the line");
			expect(line).toMatchObject({ traceId: request.traceId, attributes: { order: "7" } });
			const own = await capture.until(
				() => capture.points.find(({ metric }) => metric === "order_duration_seconds"),
				"the app's metric",
			);
			expect(own.exemplars.map(({ traceId }) => traceId)).toEqual([request.traceId]);
			await capture.until(
				() => capture.points.find(({ metric }) => metric === "http.server.request.duration"),
				"the request's metric",
			);
			expect(app.lines().find(({ msg }) => msg === "order placed")).toMatchObject({ trace_id: request.traceId });
			await app.stop();
		},
	);
});

function blank(manifest: { name: string }): string {
	const project = join(folder, manifest.name);
	mkdirSync(project);
	writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
	return project;
}

/** From the registry that this machine's npm is set up for; without one the test is left out and says so. */
async function install(project: string, packages: readonly string[], skip: (reason: string) => void): Promise<void> {
	try {
		await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...packages], {
			cwd: project,
			timeout: 110_000,
		});
	} catch (error) {
		const { stderr = "" } = error as { stderr?: string };
		if (!/E(NOTFOUND|AI_AGAIN|CONNREFUSED|NETUNREACH|TIMEDOUT)/.test(stderr)) {
			throw error;
		}
		skip("no npm registry can be reached from here");
	}
}

/** The version this repository is tested with. */
function version(name: string): string {
	const { devDependencies } = JSON.parse(readFileSync(join(source, "package.json"), "utf8")) as {
		devDependencies: Record<string, string>;
	};
	return `${name}@${devDependencies[name]}`;
}
