#!/usr/bin/env node
/** The way in of every npm script: plain JavaScript, because it is what compiles the rest. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, compile } from "./build.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 20)) {
	stop(`Trivet needs Node 20.20 or newer; this is ${process.version}.`);
}
if (!existsSync(new URL("../node_modules/typescript", import.meta.url))) {
	stop("The packages are not installed yet: run `npm install` first.");
}

/** What each command is compiled into, and whether it needs the pages. One with a project of its own needs only that. */
const COMMANDS = {
	start: { module: "cli/start.js", pages: true },
	stack: { module: "cli/stack.js", pages: true },
	reset: { module: "cli/reset.js", pages: false },
	import: { module: "cli/import.js", pages: false },
	bench: { module: "bench/main.js", pages: true },
	rules: { module: "cli/rules.js", pages: false },
	screenshots: { module: "cli/screenshots.js", pages: true },
	test: { module: "cli/test.js", pages: true },
	dashboards: { module: "dashboards/generate.js", pages: false, project: "tsconfig.dashboards.json" },
	build: { module: null, pages: true },
};

const [name = "", ...args] = process.argv.slice(2);
const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
if (!command) stop(`There is no command "${name}": it is one of ${Object.keys(COMMANDS).join(", ")}.`);

try {
	const needsNoPages = ["--help", "-h", "--build", "--check"].some((flag) => args.includes(flag));
	if (command.project) await compile(root, command.project);
	else await build(root, { pages: command.pages && !needsNoPages, force: name === "build" });
	if (command.module) {
		const { main } = await import(new URL(`../dist/${command.module}`, import.meta.url).href);
		await main(args, root);
	}
} catch (error) {
	stop(
		error instanceof Error && error.expected !== true && process.env.TRIVET_DEBUG
			? error.stack
			: (error?.message ?? error),
	);
}

function stop(sentence) {
	process.stderr.write(`${sentence}\n`);
	process.exit(1);
}
