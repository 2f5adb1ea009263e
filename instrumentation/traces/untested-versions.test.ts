import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { Capture } from "../testing/capture.ts";
import { killApps, runApp } from "../testing/run-app.ts";

const cache = fileURLToPath(new URL("../../node_modules/.cache/trivet", import.meta.url));
mkdirSync(cache, { recursive: true });
const place = mkdtempSync(join(cache, "untested-"));
afterAll(async () => {
	await killApps();
	rmSync(place, { recursive: true, force: true });
});

function packageOf(name: string, version: string, code: string): void {
	const folder = join(place, "node_modules", name);
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version, main: "index.js" }));
	writeFileSync(join(folder, "index.js"), code);
}

it.each(["import", "require"] as const)("a library of tomorrow is said and left as it is, by %s", async (way) => {
	packageOf("koa", "4.0.0", "module.exports = class { handleRequest(ctx, run) {} };");
	packageOf("kafkajs", "9.1.0", "exports.Kafka = class { producer() {} consumer() {} };");
	packageOf("ioredis", "5.9.0", "module.exports = class { other() {} };");
	const file = join(place, way === "import" ? "app.mjs" : "app.cjs");
	const load = (name: string): string =>
		way === "import" ? `import ${name} from "${name}";` : `const ${name} = require("${name}");`;
	writeFileSync(
		file,
		`${["koa", "kafkajs", "ioredis"].map(load).join("\n")}
console.log("loaded", koa.prototype.handleRequest.toString().length, kafkajs.Kafka.prototype.producer.toString());`,
	);
	const app = runApp(file);
	await app.exited;
	expect(app.stdout).toBe("loaded 26 producer() {}\n");
	expect(app.stderr).toContain("koa 4.0.0 is outside of what is tested (2 to before 4)");
	expect(app.stderr).toContain(
		"kafkajs 9.1.0 is outside of what is tested (2 to before 3): its messages are not traced",
	);
	expect(app.stderr).toContain("ioredis 5.9.0 is not built the way we know and is left as it is");
});

it("an ioredis of tomorrow is traced by its own channels, a transaction as one call", async () => {
	packageOf(
		"ioredis",
		"8.0.0",
		`const { tracingChannel } = require("node:diagnostics_channel");
const [command, batch] = ["ioredis:command", "ioredis:batch"].map((name) => tracingChannel(name));
const server = { database: 0, serverAddress: "cache", serverPort: 6379 };
const send = (name, ...args) => command.tracePromise(async () => args[0], { command: name, args, ...server });
module.exports = class {
	get = (key) => send("get", key);
	fail = () => command.tracePromise(() => Promise.reject(new Error("WRONGTYPE no list")), { command: "lpush", args: ["k", "v"], ...server });
	multi = () => batch.tracePromise(() => Promise.all([send("set", "a", "1"), send("get", "a")]), { batchMode: "MULTI", batchSize: 2, ...server });
};`,
	);
	const file = join(place, "later.cjs");
	writeFileSync(
		file,
		`const Redis = require("ioredis");
const redis = new Redis();
redis.get("cart").then(() => redis.multi()).then(() => redis.fail()).catch(() => {}).finally(() => setTimeout(() => {}, 500));`,
	);
	const capture = await Capture.start();
	try {
		const app = runApp(file, { otlp: capture.url });
		await capture.until(() => capture.spans.length >= 3, "three calls");
		expect(
			capture.spans.map(({ name, attributes, status }) => [name, attributes["db.query.text"], status.code ?? 0]),
		).toEqual([
			["GET", "GET cart", 0],
			["MULTI", undefined, 0],
			["LPUSH", "LPUSH k ?", 2],
		]);
		await app.exited;
		expect(app.stderr).toContain("ioredis 8.0.0 is outside of what is tested");
	} finally {
		await capture.close();
	}
});
