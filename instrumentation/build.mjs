// Builds both formats from the one source. CommonJS has no import.meta, so the one file that uses it is written by hand.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const folder = import.meta.dirname ?? dirname(new URL(import.meta.url).pathname);
const require = createRequire(import.meta.url);
const manifest = require.resolve("typescript/package.json");
const tsc = join(dirname(manifest), JSON.parse(readFileSync(manifest, "utf8")).bin.tsc);

const dist = join(folder, "dist");
const next = join(folder, `dist.next-${process.pid}`);
rmSync(next, { recursive: true, force: true });
try {
	mkdirSync(join(next, "cjs"), { recursive: true });
	for (const [config, out] of [
		["tsconfig.json", "esm"],
		["tsconfig.cjs.json", "cjs"],
	]) {
		execFileSync(process.execPath, [tsc, "-p", config, "--outDir", join(next, out)], { cwd: folder, stdio: "inherit" });
	}
	writeFileSync(join(next, "esm/package.json"), '{ "type": "module" }\n');
	writeFileSync(join(next, "cjs/package.json"), '{ "type": "commonjs" }\n');
	writeFileSync(
		join(next, "cjs/here.js"),
		'"use strict";\nexports.here = require("node:url").pathToFileURL(__filename).href;\n',
	);
	rmSync(dist, { recursive: true, force: true });
	renameSync(next, dist);
} finally {
	rmSync(next, { recursive: true, force: true });
}
