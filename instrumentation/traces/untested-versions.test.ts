import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
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
