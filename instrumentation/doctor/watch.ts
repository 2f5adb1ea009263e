/** Preloaded into the app's processes by the doctor: writes down, from inside, what became of the instrumentation. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, sep } from "node:path";
import { isMainThread } from "node:worker_threads";
import { here } from "../here.ts";
import { type Instance, instance, whenRunning } from "../instance.ts";

export interface Report {
	pid: number;
	script: string;
	/** The service's name, where the instrumentation runs. */
	service?: string;
	/** What was loaded before it and cannot be hooked any more. */
	late: string[];
	/** Copies of @opentelemetry/api that are not the instrumentation's own. */
	apis: { folder: string; version: string }[];
	/** The version that all copies have to fit. */
	registered?: string;
	listening: boolean;
}

/** Hooked at their loading only; what else is hooked can also be when it is there already. */
const HOOKED_AT_LOADING = ["express", "pg", "@grpc/grpc-js"];
const EVERY_MS = 200;

const { cache } = createRequire(here);
let late: string[] = [];
let last = "";

function report(): Report {
	const script = process.argv[1] ?? "";
	const running: Instance | undefined = instance();
	const registered = (globalThis as { [key: symbol]: { version?: unknown } | undefined })[
		Symbol.for("opentelemetry.js.api.1")
	]?.version;
	return {
		pid: process.pid,
		script,
		...(running === undefined ? {} : { service: running.service.name }),
		late,
		apis: apiCopies(script),
		...(typeof registered === "string" ? { registered } : {}),
		listening: process.getActiveResourcesInfo().includes("TCPServerWrap"),
	};
}

/** Those in the cache of CommonJS, and the one that the app's own code would import. */
function apiCopies(script: string): Report["apis"] {
	const inside = join("node_modules", "@opentelemetry", "api") + sep;
	const files = Object.keys(cache);
	try {
		files.push(createRequire(script).resolve("@opentelemetry/api"));
	} catch {
		// The app has none.
	}
	const folders = new Set(
		files.flatMap((file) => {
			const at = file.lastIndexOf(inside);
			return at === -1 ? [] : [file.slice(0, at + inside.length - 1)];
		}),
	);
	return [...folders].flatMap((folder) => {
		try {
			const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version?: unknown };
			return typeof version === "string" ? [{ folder, version }] : [];
		} catch {
			return [];
		}
	});
}

function write(folder: string): void {
	try {
		const text = JSON.stringify(report());
		if (text !== last) {
			last = text;
			const file = join(folder, `${process.pid}.json`);
			writeFileSync(`${file}.next`, text);
			renameSync(`${file}.next`, file);
		}
	} catch {
		// The app comes first.
	}
}

const folder = process.env.TRIVET_DOCTOR_DIR;
if (folder !== undefined && isMainThread) {
	try {
		mkdirSync(folder, { recursive: true });
	} catch {
		// Nothing will be written then.
	}
	whenRunning(() => {
		const files = Object.keys(cache);
		late = HOOKED_AT_LOADING.filter((name) => files.some((file) => file.includes(join("node_modules", name) + sep)));
	});
	process.on("exit", () => write(folder));
	setInterval(() => write(folder), EVERY_MS).unref();
}
