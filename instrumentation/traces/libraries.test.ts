import { afterEach, describe, expect, it } from "vitest";
import { nodeOf } from "../testing/node-versions.ts";
import { killApps, runApp } from "../testing/run-app.ts";

afterEach(killApps);

async function loads(...names: string[]): Promise<Record<string, unknown>> {
	const app = runApp("loads.cjs", { args: names });
	return JSON.parse(await app.said(/loaded (.*)/)) as Record<string, unknown>;
}

it("an instrumentation of OpenTelemetry is loaded with the library it is for, and not before", async () => {
	expect(await loads("express", "pino", "pg", "@grpc/grpc-js")).toEqual({
		"": [],
		express: [],
		pino: [],
		pg: ["pg"],
		"@grpc/grpc-js": ["pg", "grpc"],
	});
});

it("by a file of the library, too", async () => {
	expect(await loads("pg-pool", "pg/lib/utils.js")).toEqual({ "": [], "pg-pool": ["pg"], "pg/lib/utils.js": ["pg"] });
});

it("versions that report by themselves need none", async () => {
	expect(await loads("mysql2", "redis")).toEqual({ "": [], mysql2: [], redis: [] });
});

it("a library that is not there is missed as ever, and nothing is loaded for it", async () => {
	expect(await loads("@node-redis/client")).toEqual({
		"": [],
		"@node-redis/client failed": "MODULE_NOT_FOUND",
		"@node-redis/client": [],
	});
});

describe.each([20, 22, 24] as const)("on Node %i", (line) => {
	it.for([
		["required", "first-load.cjs", "require"],
		["required by its file", "first-load.cjs", "file"],
		["imported by CommonJS", "first-load.cjs", "import"],
		["imported by CommonJS, by name", "first-load.cjs", "named"],
		["imported", "first-load.mjs", ""],
	] as const)("its first load is patched already, %s", async ([, app, way], context) => {
		const node = await nodeOf(line);
		if ("missing" in node) {
			return context.skip(node.missing);
		}
		expect(await runApp(app, { args: [way], node: node.path }).said(/patched (\w+)/)).toBe("true");
	});
});
