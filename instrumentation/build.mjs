// Builds both formats from the one source: types by tsc, code as few files. Node takes as long to start two hundred small
// modules as an app's framework; bundled, with what is never called left out, they take a third of that.
import { execFileSync } from "node:child_process";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";

const folder = import.meta.dirname ?? dirname(new URL(import.meta.url).pathname);
const require = createRequire(import.meta.url);
const manifest = require.resolve("typescript/package.json");
const tsc = join(dirname(manifest), JSON.parse(readFileSync(manifest, "utf8")).bin.tsc);

const ENTRIES = ["index", "register", "next", "bin", "doctor/watch"];
/** What every app needs of OpenTelemetry. They stay dependencies: types and the libraries below need them, too. */
const BUNDLED =
	/^(@opentelemetry\/(api|context-async-hooks|core|resources|sdk-trace|sdk-trace-base|semantic-conventions)|opentelemetry-api-latest)$/;

const dist = join(folder, "dist");
const next = join(folder, `dist.next-${process.pid}`);
rmSync(next, { recursive: true, force: true });
try {
	for (const [config, out, format] of [
		["tsconfig.json", "esm", "esm"],
		["tsconfig.cjs.json", "cjs", "cjs"],
	]) {
		const types = [tsc, "-p", config, "--emitDeclarationOnly", "--outDir", join(next, out)];
		execFileSync(process.execPath, types, { cwd: folder, stdio: "inherit" });
		const bundle = await rolldown({
			cwd: folder,
			input: Object.fromEntries(ENTRIES.map((name) => [name, `./${name}.ts`])),
			platform: "node",
			external: (name, from) => from !== undefined && /^[^./]/.test(name) && !BUNDLED.test(name),
			resolve: { mainFields: ["module", "main"] },
			treeshake: { moduleSideEffects: false },
		});
		// In one folder: `here` has to be where the package's own files are.
		await bundle.write({ dir: join(next, out), format, entryFileNames: "[name].js", chunkFileNames: "[name].js" });
		await bundle.close();
		const type = format === "esm" ? "module" : "commonjs";
		writeFileSync(join(next, out, "package.json"), `${JSON.stringify({ type })}\n`);
	}
	rmSync(dist, { recursive: true, force: true });
	renameSync(next, dist);
} finally {
	rmSync(next, { recursive: true, force: true });
}
