import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface RunOptions {
	/** Environment beside PATH; nothing else of the test's own is passed on. */
	env?: Record<string, string>;
	/** How the instrumentation is loaded. */
	load?: "import" | "require" | "NODE_OPTIONS" | "none";
	args?: readonly string[];
	/** Node's own flags, before ours. */
	flags?: readonly string[];
	/** The OTLP endpoint. */
	otlp?: string;
	/** Another Node than this one, or than TRIVET_TEST_NODE, which runs all apps of a test. */
	node?: string;
	cwd?: string;
}

/** An app as a child process, with the lines it has written so far. */
export class App {
	readonly child: ChildProcess;
	stdout = "";
	stderr = "";
	readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

	constructor(child: ChildProcess) {
		this.child = child;
		child.stdout?.setEncoding("utf8").on("data", (text: string) => {
			this.stdout += text;
		});
		child.stderr?.setEncoding("utf8").on("data", (text: string) => {
			this.stderr += text;
		});
		this.exited = once(child, "close").then(([code, signal]) => ({
			code: code as number | null,
			signal: signal as NodeJS.Signals | null,
		}));
	}

	/** The first group of `pattern` in what the app has written, as soon as it is there. */
	async said(pattern: RegExp, timeoutMs = 60_000): Promise<string> {
		const deadline = Date.now() + timeoutMs;
		let [out, err] = [0, 0];
		for (;;) {
			const found = pattern.exec(this.stdout.slice(out)) ?? pattern.exec(this.stderr.slice(err));
			if (found !== null) {
				return found[1] ?? found[0];
			}
			if (Date.now() > deadline || this.child.exitCode !== null) {
				throw new Error(`the app did not say ${pattern}:\n${this.stdout.slice(-5_000)}\n${this.stderr.slice(-5_000)}`);
			}
			// What was looked through is not looked through again; a line may still be half written.
			[out, err] = [lastLine(this.stdout), lastLine(this.stderr)];
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
	}

	/** The base URL of an app that prints `listening <port>`. */
	async url(): Promise<string> {
		return `http://127.0.0.1:${await this.said(/listening (\d+)/)}`;
	}

	/** The JSON lines on stdout. */
	lines(): Record<string, unknown>[] {
		return this.stdout
			.split("\n")
			.filter((line) => line.startsWith("{"))
			.map((line) => JSON.parse(line) as Record<string, unknown>);
	}

	async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
		this.child.kill(signal);
		return this.exited;
	}
}

function lastLine(text: string): number {
	return text.lastIndexOf("\n") + 1;
}

const register = fileURLToPath(new URL("../dist/esm/register.js", import.meta.url));
const running = new Set<App>();

/** Start one of the apps in `apps/`. Needs the package built. */
export function runApp(file: string, options: RunOptions = {}): App {
	if (!existsSync(register)) {
		throw new Error("instrumentation/dist is missing: run `npm run build -w instrumentation`");
	}
	const path = file.startsWith("/") ? file : fileURLToPath(new URL(`apps/${file}`, import.meta.url));
	const { load = "import" } = options;
	const entry = "@trivet/instrumentation/register";
	const own = load === "import" ? ["--import", entry] : load === "require" ? ["--require", entry] : [];
	const flags = [...(options.flags ?? []), ...own];
	const app = new App(
		spawn(options.node ?? process.env.TRIVET_TEST_NODE ?? process.execPath, [...flags, path, ...(options.args ?? [])], {
			cwd: options.cwd ?? fileURLToPath(new URL("apps", import.meta.url)),
			env: {
				PATH: process.env.PATH ?? "",
				OTEL_SERVICE_NAME: "app-under-test",
				OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test,service.version=1.2.3",
				OTEL_METRICS_EXPORTER: "none",
				OTEL_EXPORTER_OTLP_ENDPOINT: options.otlp ?? "http://127.0.0.1:9",
				OTEL_BSP_SCHEDULE_DELAY: "50",
				OTEL_BLRP_SCHEDULE_DELAY: "50",
				...(load === "NODE_OPTIONS" ? { NODE_OPTIONS: `--import ${entry}` } : {}),
				...options.env,
			} as unknown as NodeJS.ProcessEnv,
			stdio: ["ignore", "pipe", "pipe"],
		}),
	);
	running.add(app);
	void app.exited.then(() => running.delete(app));
	return app;
}

/** For `afterEach`: nothing a test started stays. */
export async function killApps(): Promise<void> {
	await Promise.all([...running].map((app) => app.stop("SIGKILL")));
}
