/** `npm start`: the embedded backend, the server with the pages, and the demo shop; Ctrl-C stops all of it. */
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { pino } from "pino";
import { openEmbedded } from "../backends/embedded/backend.ts";
import { loadPages } from "../server/pages.ts";
import { startServer } from "../server/server.ts";
import { type DemoProcess, forkDemo } from "./demo-process.ts";
import { helpText, readOptions } from "./options.ts";
import { progress } from "./progress.mjs";
import { welcome } from "./welcome.ts";

export async function main(args: string[], root: string): Promise<void> {
	const { config, demo, help } = readOptions(args, root);
	if (help) {
		process.stdout.write(helpText());
		return;
	}
	const logger = pino({ name: "trivet", level: process.env.TRIVET_LOG_LEVEL ?? "warn" }, pino.destination(2));
	const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
	await demandFreePort(config.port, config.host, "--port");
	await demandFreePort(config.otlpPort, config.host, "--otlp-port");

	const closing: (() => Promise<void>)[] = [];
	let stopping: Promise<void> | undefined;
	const stop = (): Promise<void> => {
		stopping ??= (async () => {
			for (const close of closing.reverse())
				await close().catch((error: unknown) => logger.error({ err: error }, "stopping"));
		})();
		return stopping;
	};
	for (const signal of ["SIGINT", "SIGTERM"] as const) {
		process.on(signal, () => {
			if (stopping) process.exit(130);
			process.stderr.write("\n  Stopping … (once more to stop at once)\n");
			void stop().then(() => process.exit(0));
		});
	}

	try {
		const startedBackend = progress("Starting the store");
		const backend = await openEmbedded({
			dataDir: config.dataDir,
			host: config.host,
			otlpPort: config.otlpPort,
			memoryMb: config.memoryMb,
			retention: config.retention,
			scrapeTargets: config.scrapeTargets,
		});
		closing.push(() => backend.close());
		startedBackend();
		const otlpEndpoint = `http://localhost:${backend.otlpPort}`;

		const startedPages = progress("Starting the console");
		const demoStarting: Promise<DemoProcess> | null = demo ? forkDemo({ otlpEndpoint, dataDir: config.dataDir }) : null;
		demoStarting?.catch(() => undefined);
		const pages = await loadPages(join(root, "console"));
		const server = await startServer({ ...config, backend, otlpEndpoint, version, pages, logger });
		closing.push(() => server.close());
		startedPages();

		if (demoStarting) {
			const startedDemo = progress("Starting the demo shop");
			try {
				const running = await demoStarting;
				closing.push(() => running.stop());
				server.demo.url = running.controlUrl;
				startedDemo();
			} catch (error) {
				startedDemo(`did not start (${(error as Error).message}); everything else runs`);
			}
		}
		process.stdout.write(
			welcome({
				consoleUrl: server.url,
				otlpEndpoint,
				demo: server.demo.url !== null,
				dataDir: config.dataDir,
				root: resolve(root),
			}),
		);
	} catch (error) {
		await stop();
		throw error;
	}
}

/** Asks before anything is started, so that a port in use is one sentence and nothing has to be undone. */
function demandFreePort(port: number, host: string, flag: string): Promise<void> {
	return new Promise((resolve, reject) => {
		const probe = createServer();
		probe.once("error", (error: NodeJS.ErrnoException) => {
			reject(
				new Error(
					error.code === "EADDRINUSE"
						? `Port ${port} is in use (another Trivet?): stop what listens there, or start with ${flag} ${port + 1}.`
						: `Cannot listen on ${host}:${port}: ${error.message}`,
				),
			);
		});
		probe.listen(port, host, () => probe.close(() => resolve()));
	});
}
