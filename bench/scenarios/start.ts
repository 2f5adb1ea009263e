import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, linkSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import type { Traces } from "../../server/api/schema.ts";
import { type Scenario, say, temporaryFolder } from "../scenario.ts";

/** From `npm start` in a fresh clone with its packages installed to the first trace of the demo in the API; then once more. */
export const start: Scenario = {
	help: "seconds from npm start to the first trace, fresh and again",
	flags: {},
	async run(_flags, root) {
		const folder = join(temporaryFolder(), "clone");
		say("cloning what is committed, packages hard-linked");
		execFileSync("git", ["clone", "--quiet", "--no-hardlinks", root, folder]);
		linkPackages(root, folder, "node_modules");
		for (const workspace of ["console", "instrumentation", "demo"])
			linkPackages(root, folder, join(workspace, "node_modules"));
		const first = await firstTrace(folder);
		say(`first start: ${(first / 1000).toFixed(1)} s`);
		const again = await firstTrace(folder);
		say(`second start: ${(again / 1000).toFixed(1)} s`);
		return {
			what: "`npm start` in a fresh clone after `npm install`: nothing built, then a second start of the same. Until the API lists a trace of the demo that began after the start.",
			figures: [
				{
					name: "first start, build included, to the first trace",
					value: first / 1000,
					unit: "s",
					goal: { at: "most", value: 90 },
				},
				{
					name: "second start to the first new trace",
					value: again / 1000,
					unit: "s",
					goal: { at: "most", value: 10 },
				},
			],
			details: {},
		};
	},
};

/** Milliseconds from spawning to the first trace. Stops everything again. */
async function firstTrace(folder: string): Promise<number> {
	const [port, otlpPort] = await freePorts();
	const startedMs = Date.now();
	const ports = ["--port", String(port), "--otlp-port", String(otlpPort), "--otlp-grpc-port", "0"];
	const child = spawn("npm", ["start", "--", ...ports], {
		cwd: folder,
		detached: true,
		stdio: ["ignore", "pipe", "pipe"],
	});
	let output = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.on("data", (chunk: Buffer) => {
			output = (output + String(chunk)).slice(-4000);
		});
	}
	const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
	let ended = false;
	void exited.then(() => (ended = true));
	try {
		for (;;) {
			if (ended) throw new Error(`npm start ended early:\n${output}`);
			if (Date.now() - startedMs > 300_000) throw new Error(`no trace after 300 s:\n${output}`);
			const url = `http://127.0.0.1:${port}/api/traces?from=${startedMs}&to=now&limit=1`;
			const answer = await fetch(url, { signal: AbortSignal.timeout(5000) })
				.then(async (response) => (response.ok ? ((await response.json()) as Traces) : null))
				.catch(() => null);
			if (answer && answer.traces.length > 0) return Date.now() - startedMs;
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	} finally {
		if (!ended) process.kill(-child.pid!, "SIGINT");
		const force = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), 30_000);
		await exited;
		clearTimeout(force);
	}
}

async function freePorts(): Promise<[number, number]> {
	const servers = [createServer(), createServer()];
	const ports = await Promise.all(
		servers.map(
			(server) =>
				new Promise<number>((resolve) =>
					server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
				),
		),
	);
	await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
	return [ports[0]!, ports[1]!];
}

/** The same tree by hard links (copies across file systems); links between workspaces stay relative and so point into the clone. */
function linkPackages(root: string, clone: string, path: string): void {
	const from = join(root, path);
	let entries: import("node:fs").Dirent[];
	try {
		entries = readdirSync(from, { withFileTypes: true });
	} catch {
		return;
	}
	mkdirSync(join(clone, path), { recursive: true });
	for (const entry of entries) {
		const target = join(clone, path, entry.name);
		const source = join(from, entry.name);
		if (entry.isDirectory()) linkPackages(root, clone, join(path, entry.name));
		else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
		else {
			try {
				linkSync(source, target);
			} catch {
				copyFileSync(source, target);
			}
		}
	}
}
