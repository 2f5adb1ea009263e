/** Compiles what is out of date: TypeScript to dist/, the instrumentation package, the console's pages. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { progress } from "./progress.mjs";

/** What a build writes itself, beside what is no source. */
const SKIP = new Set(["node_modules", "dist", ".next", "results", "bin", "next-env.d.ts"]);
const CODE = ["core", "backends", "server", "engines", "cli", "bench", "demo", "rules", "dashboards/questions.ts"];

/**
 * Runs the steps whose sources changed since they last ran. Rejects with the compiler's output when one fails.
 * @param {string} root @param {{pages: boolean, force: boolean}} options
 */
export async function build(root, { pages, force }) {
	const steps = [
		{
			name: "instrumentation",
			sources: ["instrumentation"],
			output: "instrumentation/dist",
			run: () => run(root, "npm", ["run", "--silent", "build", "-w", "instrumentation"]),
		},
		{
			name: "code",
			sources: [...CODE, "tsconfig.json", "tsconfig.build.json"],
			output: "dist",
			run: () => compileCode(root),
		},
	];
	if (pages) {
		steps.push({
			name: "pages",
			sources: ["console", "core", "server/api/schema.ts", "docs/runbooks.md"],
			output: "console/.next",
			run: () => run(root, process.execPath, [bin(root, "next/dist/bin/next"), "build", "console"]),
		});
	}
	for (const step of steps) {
		const stamp = join(root, step.output, ".built-from");
		const now = fingerprint(root, [...step.sources, "package-lock.json"]);
		if (!force && existsSync(stamp) && readFileSync(stamp, "utf8") === now) continue;
		const end = progress(`Building the ${step.name}`);
		try {
			await step.run();
		} catch (error) {
			end("failed");
			throw error;
		}
		mkdirSync(dirname(stamp), { recursive: true });
		writeFileSync(stamp, now);
		end();
	}
}

/**
 * TypeScript to JavaScript, of one project.
 * @param {string} root @param {string} project
 */
export async function compile(root, project) {
	await run(root, process.execPath, [bin(root, "typescript/bin/tsc"), "-p", project]);
}

async function compileCode(root) {
	await compile(root, "tsconfig.build.json");
	for (const file of CODE.flatMap((folder) => files(join(root, folder)))) {
		if (!/\.(sql|proto|json|mjs)$/.test(file) || file.endsWith("package.json")) continue;
		const target = join(root, "dist", relative(root, file));
		mkdirSync(dirname(target), { recursive: true });
		cpSync(file, target);
	}
}

function bin(root, path) {
	return join(root, "node_modules", path);
}

function fingerprint(root, sources) {
	const hash = createHash("sha256").update(process.version);
	for (const source of sources) {
		for (const file of files(join(root, source))) {
			if (file.includes(".test.") || file.endsWith(".tsbuildinfo")) continue;
			const { size, mtimeMs } = statSync(file);
			hash.update(`${relative(root, file)} ${size} ${mtimeMs}\n`);
		}
	}
	return hash.digest("hex");
}

function files(path) {
	if (!existsSync(path)) return [];
	if (statSync(path).isFile()) return [path];
	return readdirSync(path, { withFileTypes: true })
		.filter((entry) => !SKIP.has(entry.name))
		.sort((a, b) => (a.name < b.name ? -1 : 1))
		.flatMap((entry) => (entry.isDirectory() ? files(join(path, entry.name)) : [join(path, entry.name)]));
}

/** Quiet unless it fails. */
function run(root, command, args) {
	return new Promise((resolve, reject) => {
		const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
		const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
		const output = [];
		child.stdout.on("data", (chunk) => output.push(chunk));
		child.stderr.on("data", (chunk) => output.push(chunk));
		child.on("error", reject);
		child.on("exit", (code) => {
			if (code === 0) resolve();
			else reject(new Error(`${command} ${args.join(" ")} failed:\n${Buffer.concat(output).toString("utf8")}`));
		});
	});
}
