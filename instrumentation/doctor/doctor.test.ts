import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Server as GrpcServer, ServerCredentials } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Started, startTrivet } from "../../cli/started.ts";

const bin = fileURLToPath(new URL("../dist/esm/bin.js", import.meta.url));
const apps = fileURLToPath(new URL("../testing/apps/", import.meta.url));
const modules = fileURLToPath(new URL("../../node_modules/", import.meta.url));
const NOWHERE = "http://127.0.0.1:9";
const REGISTER = ["--import", "@trivet/instrumentation/register"];

const folders: string[] = [];
const servers: Server[] = [];
afterEach(async () => {
	for (const server of servers.splice(0)) {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	}
});
afterAll(() => {
	for (const folder of folders) {
		rmSync(folder, { recursive: true, force: true });
	}
});

/** What `npx @trivet/instrumentation` does with these arguments. */
async function ask(
	env: Record<string, string>,
	args: readonly string[] = ["doctor"],
	cwd = apps,
): Promise<{ code: number; stdout: string; stderr: string }> {
	const child = spawn(process.execPath, [bin, ...args], {
		cwd,
		env: {
			PATH: process.env.PATH ?? "",
			TRIVET_URL: NOWHERE,
			OTEL_SERVICE_NAME: "cart",
			...env,
		} as unknown as NodeJS.ProcessEnv,
		stdio: ["ignore", "pipe", "pipe"],
	});
	let [stdout, stderr] = ["", ""];
	child.stdout.on("data", (text) => {
		stdout += text;
	});
	child.stderr.on("data", (text) => {
		stderr += text;
	});
	const [code] = await once(child, "close");
	return { code: code as number, stdout, stderr };
}

async function serve(listener: RequestListener): Promise<string> {
	const server = createServer(listener);
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const takes: RequestListener = (request, response) => {
	request.resume().on("end", () => response.setHeader("Content-Type", "application/json").end("{}"));
};

function temporary(): string {
	const folder = mkdtempSync(join(tmpdir(), "trivet-doctor-test-"));
	folders.push(folder);
	return folder;
}

describe("the receiver", () => {
	it("a gRPC server spoken to as HTTP: said once for all signals, with the port to take", async () => {
		const server = new GrpcServer();
		const port = await new Promise<number>((resolve, reject) =>
			server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, at) =>
				error === null ? resolve(at) : reject(error),
			),
		);
		const { code, stdout } = await ask({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
		server.forceShutdown();
		expect(code).toBe(1);
		expect(stdout.match(/speaks HTTP\/2, as OTLP's gRPC port/g)).toHaveLength(1);
		expect(stdout).toMatch(/^wrong {2}traces, logs, metrics {2}/m);
		expect(stdout).toContain("-> set OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318");
	});

	it("nobody listens", async () => {
		const { code, stdout } = await ask({ OTEL_EXPORTER_OTLP_ENDPOINT: NOWHERE });
		expect(code).toBe(1);
		expect(stdout).toContain(`nothing listens at ${NOWHERE}\n`);
		expect(stdout).not.toContain("in the store");
	});

	it("there is no such host", async () => {
		const { stdout } = await ask({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector.invalid:4318" });
		expect(stdout).toContain("there is no host called collector.invalid");
	});

	it("it takes the connection and says nothing", async () => {
		const sockets = new Set<{ destroy(): void }>();
		const server = createSocketServer((socket) => sockets.add(socket.on("error", () => {})));
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const { stdout } = await ask({
			OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
			OTEL_EXPORTER_OTLP_TIMEOUT: "300",
		});
		for (const socket of sockets) {
			socket.destroy();
		}
		server.close();
		expect(stdout).toContain("cannot be reached (no answer within 300 ms)");
	});

	it.each<[string, RequestListener, string]>([
		[
			"is a web page",
			(_, response) => response.setHeader("Content-Type", "text/html").end("<p>"),
			"something else listens there",
		],
		["knows no such path", (_, response) => response.writeHead(404).end(), "it is not an OTLP/HTTP receiver"],
		["wants a token", (_, response) => response.writeHead(401).end(), "wants to know who sends (HTTP 401)"],
		[
			"is overloaded",
			(_, response) => response.writeHead(503).end("full"),
			"is overloaded or not ready (HTTP 503 full)",
		],
		[
			"turns it down",
			(_, response) => response.end('{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}'),
			"the receiver turned the span down: too old",
		],
	])("it %s", async (_, listener, says) => {
		const { code, stdout } = await ask({ OTEL_EXPORTER_OTLP_ENDPOINT: await serve(listener) });
		expect(code).toBe(1);
		expect(stdout).toContain(says);
	});

	it.each([
		[-300, "ahead of"],
		[300, "behind"],
	])("its clock is %i s off", async (seconds, side) => {
		const url = await serve((request, response) => {
			response.setHeader("Date", new Date(Date.now() + seconds * 1000).toUTCString());
			takes(request, response);
		});
		const { code, stdout } = await ask({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
		expect(code).toBe(1);
		expect(stdout).toMatch(
			new RegExp(`^wrong  clock +this machine's clock is (299|300|301) s ${side} that of ${url}`, "m"),
		);
	});
});

describe("the settings", () => {
	it.each<[string, Record<string, string>, string]>([
		[
			"two names",
			{ OTEL_RESOURCE_ATTRIBUTES: "service.name=basket" },
			"OTEL_SERVICE_NAME=cart and service.name=basket",
		],
		["a name in quotes", { OTEL_SERVICE_NAME: '"cart"' }, "-> write OTEL_SERVICE_NAME=cart"],
		["no name", { OTEL_SERVICE_NAME: "" }, "would be called unknown_service:node"],
		[
			"never sampled",
			{ OTEL_TRACES_SAMPLER: "always_off" },
			"every trace that begins here is sampled out, by always_off",
		],
		[
			"a ratio of 0",
			{ OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" },
			"sampled out, by traceidratio 0",
		],
		[
			"rules for nothing",
			{ OTEL_TRACES_SAMPLER: "rules", OTEL_TRACES_SAMPLER_ARG: "/a=0; *=0" },
			"sampled out, by rules",
		],
		["switched off", { OTEL_SDK_DISABLED: "true" }, "OTEL_SDK_DISABLED=true switches everything off"],
	])("%s: wrong", async (_, env, says) => {
		const { code, stdout } = await ask({ OTEL_EXPORTER_OTLP_ENDPOINT: NOWHERE, ...env }, ["doctor"], temporary());
		expect(code).toBe(1);
		expect(stdout).toContain(says);
	});

	it("a share is worth a note, a signal that is switched off too", async () => {
		const { stdout } = await ask({
			OTEL_EXPORTER_OTLP_ENDPOINT: NOWHERE,
			OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
			OTEL_TRACES_SAMPLER_ARG: "0.1",
			OTEL_LOGS_EXPORTER: "none",
		});
		expect(stdout).toMatch(/^note {3}sampling/m);
		expect(stdout).toMatch(/^note {3}logs .*switched off \(OTEL_LOGS_EXPORTER=none\)/m);
	});

	it.each(["", "docto", "doctor --seconds soon", "doctor --"])("does not understand %j", async (words) => {
		const { code, stderr } = await ask(
			{},
			words.split(" ").filter((word) => word !== ""),
		);
		expect(code).toBe(2);
		expect(stderr).toContain("usage: npx @trivet/instrumentation doctor");
	});
});

describe("the app", () => {
	let url: string;
	const run = (command: readonly string[], env: Record<string, string> = {}, cwd = apps) =>
		ask({ OTEL_EXPORTER_OTLP_ENDPOINT: url, ...env }, ["doctor", "--", ...command], cwd);
	const node = process.execPath;
	const inTree = async () => {
		url = await serve(takes);
	};

	it("without the hooks", async () => {
		await inTree();
		const { code, stdout } = await run([node, "express.mjs"]);
		expect(code).toBe(1);
		expect(stdout).toMatch(/^wrong {2}hooks .*its hooks are not loaded/m);
		expect(stdout).toContain("node --import @trivet/instrumentation/register app.js");
	});

	it("with the hooks, also when npm starts it, and what it prints stays off stdout", async () => {
		await inTree();
		const folder = temporary();
		writeFileSync(
			join(folder, "package.json"),
			JSON.stringify({ scripts: { start: `cd "${apps}" && "${node}" ${REGISTER.join(" ")} express.mjs` } }),
		);
		const { stdout, stderr } = await run(["npm", "--prefix", folder, "run", "start"]);
		expect(stdout).toMatch(/^ok {5}hooks/m);
		expect(stdout).not.toContain("listening");
		expect(stderr).toContain("listening");
	});

	it("with a library that was loaded first", async () => {
		await inTree();
		const { code, stdout } = await run([node, "late.cjs"]);
		expect(code).toBe(1);
		expect(stdout).toContain("express had been loaded before the instrumentation was started");
	});

	it("with a copy of the API that is newer than the registered one", async () => {
		await inTree();
		const folder = temporary();
		const api = join(folder, "node_modules/@opentelemetry/api");
		cpSync(join(modules, "@opentelemetry/api"), api, { recursive: true });
		const manifest = JSON.parse(readFileSync(join(api, "package.json"), "utf8")) as object;
		writeFileSync(join(api, "package.json"), JSON.stringify({ ...manifest, version: "1.99.0" }));
		copyFileSync(join(apps, "plain-api.mjs"), join(folder, "plain-api.mjs"));
		const { code, stdout } = await run([node, ...REGISTER, join(folder, "plain-api.mjs")]);
		expect(code).toBe(1);
		expect(stdout).toMatch(
			/two copies of @opentelemetry\/api that do not fit: 1\.99\.0 in .*, while 1\.10\.0 is registered/,
		);
	});

	it("that calls itself something else than the environment says", async () => {
		await inTree();
		const { stdout } = await run(["env", "OTEL_SERVICE_NAME=basket", node, ...REGISTER, "express.mjs"]);
		expect(stdout).toContain("the app calls itself basket, not cart");
	});

	it("that ends with an error, or does not exist", async () => {
		await inTree();
		expect((await run([node, "-e", "process.exit(3)"])).stdout).toContain("the app ended with exit code 3");
		expect((await run(["no-such-program"])).stdout).toContain("the app could not be started: ");
	});
});

describe("the store, a real one", () => {
	let trivet: Started;
	let folder: string;
	beforeAll(async () => {
		folder = temporary();
		trivet = await startTrivet("start", [
			"--no-demo",
			"--port",
			"0",
			"--otlp-port",
			"0",
			"--data-dir",
			join(folder, "data"),
		]);
	});
	afterAll(() => trivet?.stop("SIGKILL"));

	it("has all three in the end, and nothing is wrong", async () => {
		const { code, stdout } = await ask({ TRIVET_URL: trivet.consoleUrl, OTEL_EXPORTER_OTLP_ENDPOINT: trivet.otlpUrl });
		expect(stdout).toContain("the span is in the store: ");
		expect(stdout).toContain("the line is in the store, with its trace");
		expect(stdout).toContain("the metric is in the store, with an exemplar of the trace");
		expect(code).toBe(0);
	});

	it("its gRPC port is told from its HTTP port", async () => {
		const { stdout } = await ask({ OTEL_EXPORTER_OTLP_ENDPOINT: trivet.otlpGrpcUrl });
		expect(stdout).toContain("speaks HTTP/2, as OTLP's gRPC port");
	});

	it("has it under another name, when something on the way renames the service", async () => {
		const renames = await serve((request, response) => {
			let body = "";
			request.on("data", (chunk) => {
				body += chunk;
			});
			request.on("end", () => {
				const renamed = body.replace('{"stringValue":"cart"}', '{"stringValue":"basket"}');
				void fetch(`${trivet.otlpUrl}${request.url}`, {
					method: "POST",
					headers: { "Content-Type": "application/json" },
					body: renamed,
				}).then(async (answer) =>
					response.writeHead(answer.status, { "Content-Type": "application/json" }).end(await answer.text()),
				);
			});
		});
		const { code, stdout } = await ask({ TRIVET_URL: trivet.consoleUrl, OTEL_EXPORTER_OTLP_ENDPOINT: renames });
		expect(code).toBe(1);
		expect(stdout).toContain("the span of cart is in the store under the service name basket");
	});

	it("has nothing, when what takes it passes nothing on", async () => {
		const { code, stdout } = await ask({
			TRIVET_URL: trivet.consoleUrl,
			OTEL_EXPORTER_OTLP_ENDPOINT: await serve(takes),
		});
		expect(code).toBe(1);
		for (const item of ["span", "line", "metric's exemplar"]) {
			expect(stdout).toContain(`the ${item} was taken, but is not in the store`);
		}
		expect(stdout).toContain(trivet.otlpUrl);
	});
});
