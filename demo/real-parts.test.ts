/** The shop on a real PostgreSQL and a real Redis, as compose runs it: where this machine has their programs. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OtlpCapture } from "./otlp-capture.ts";
import { prepareDatabases } from "./parts/foreign-postgres.ts";
import { SERVICES } from "./shop.ts";
import { makeDataDir, Shopper, type StartedDemo, startDemoProcess } from "./testing-demo.ts";

const missing = ["initdb", "postgres", "redis-server"].filter((program) => !has(program));
if (missing.length > 0) {
	console.log(
		`real-parts.test.ts is skipped: not on this machine: ${missing.join(", ")} (Debian: postgresql, redis-server)`,
	);
}

function has(program: string): boolean {
	try {
		execFileSync("which", [program]);
		return true;
	} catch {
		return false;
	}
}

/** PostgreSQL refuses to run as root: then it runs as its own user. */
function postgresUser(): { uid: number; gid: number } | undefined {
	if (process.getuid?.() !== 0) return undefined;
	const entry = /^postgres:[^:]*:(\d+):(\d+):/m.exec(readFileSync("/etc/passwd", "utf8"));
	if (!entry) throw new Error("Run as root, this test needs the user postgres.");
	return { uid: Number(entry[1]), gid: Number(entry[2]) };
}

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as { port: number };
	await new Promise((resolve) => server.close(resolve));
	return port;
}

describe.skipIf(missing.length > 0)("the shop on a real PostgreSQL and Redis", () => {
	const children: ChildProcess[] = [];
	const capture = new OtlpCapture();
	let folder: string;
	let data: Awaited<ReturnType<typeof makeDataDir>>;
	let demo: StartedDemo;
	let postgresUrl: string;
	let redisPort: number;
	let metricsPort: number;

	beforeAll(async () => {
		await capture.start();
		data = await makeDataDir();
		folder = await mkdtemp(join(tmpdir(), "trivet-real-parts-"));
		const user = postgresUser();
		if (user) chownSync(folder, user.uid, user.gid);
		const cluster = join(folder, "cluster");
		execFileSync("initdb", ["-D", cluster, "-U", "shop", "--auth=trust", "--no-sync"], {
			...user,
			cwd: folder,
			stdio: "ignore",
		});
		const postgresPort = await freePort();
		const settings = ["-h", "127.0.0.1", "-p", String(postgresPort), "-k", "", "-F"];
		children.push(spawn("postgres", ["-D", cluster, ...settings], { ...user, cwd: folder, stdio: "ignore" }));
		redisPort = await freePort();
		const quiet = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
		children.push(spawn("redis-server", ["--port", String(redisPort), ...quiet], { cwd: folder, stdio: "ignore" }));
		postgresUrl = `postgresql://shop@127.0.0.1:${postgresPort}/postgres`;
		metricsPort = await freePort();
		demo = await startDemoProcess(capture.url, data.path, 6, {
			"postgres-url": postgresUrl,
			"redis-url": `redis://127.0.0.1:${redisPort}`,
			"metrics-port": String(metricsPort),
		});
	});
	afterAll(async () => {
		await demo?.stop();
		const ended = children.map((child) => new Promise((resolve) => child.once("exit", resolve)));
		for (const child of children) child.kill("SIGINT");
		await Promise.all(ended);
		await data?.remove();
		if (folder) await rm(folder, { recursive: true, force: true });
		capture.stop();
	});

	it("lists them among its parts, in place of its own databases", async () => {
		const state = await demo.state();
		expect(state.services.filter((service) => service.state !== "running")).toEqual([]);
		const names = state.services.map((service) => service.name);
		expect(names).toEqual(expect.arrayContaining([...SERVICES.map((service) => service.name), "postgres", "redis"]));
		expect(names).not.toContain("catalog-db");
		expect(state.services.find((service) => service.name === "postgres")?.url).not.toContain("shop@");
	});

	it("makes one trace of a checkout that shows both", async () => {
		const storefront = (await demo.state()).services.find((service) => service.name === "storefront");
		const shopper = new Shopper(storefront?.url ?? "");
		expect(await shopper.fillCart()).toMatchObject({ status: 201, body: { total_cents: expect.any(Number) } });
		expect(await shopper.checkout()).toMatchObject({ status: 201 });
		const spans = await capture.until("commands of Redis and queries of three databases", () => {
			const spans = capture.trace(shopper.traceId);
			const databases = new Set(spans.map((span) => span.attributes["db.namespace"]));
			const removed = spans.some((span) => span.attributes["db.operation.name"] === "DEL");
			return removed && ["catalog", "orders", "inventory"].every((name) => databases.has(name)) ? spans : null;
		});
		const commands = spans.filter((span) => span.attributes["db.system.name"] === "redis");
		// Each once: the instrumentation sees the client's commands, the shop adds none of its own.
		expect(commands.map((span) => span.attributes["db.operation.name"]).filter((name) => name === "DEL")).toEqual([
			"DEL",
		]);
		expect(new Set(commands.map((span) => span.attributes["db.operation.name"]))).toEqual(
			new Set(["GET", "SET", "DEL"]),
		);
	});

	it("serves metrics to be scraped, and pushes none", async () => {
		const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
		expect(text).toContain("http_server_request_duration_seconds_bucket");
		expect(capture.points).toEqual([]);
	});

	it("keeps its databases from start to start, and leaves those of others alone", async () => {
		await demo.stop();
		const options = { "postgres-url": postgresUrl, "redis-url": `redis://127.0.0.1:${redisPort}` };
		demo = await startDemoProcess(capture.url, data.path, 6, options);
		expect(demo.progress.join("\n")).not.toContain("making the database");
		await demo.stop();
		const client = new pg.Client({ connectionString: postgresUrl });
		await client.connect();
		await client.query("COMMENT ON DATABASE catalog IS 'somebody else''s'");
		await client.end();
		await expect(prepareDatabases(postgresUrl, () => {})).rejects.toThrow(/"catalog" that is not the demo's/);
	});
});
