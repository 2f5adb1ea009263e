/** The command line of `npm start` (and what `reset` and `import` share with it): flags are the environment's variables by another name. */
import { parseArgs } from "node:util";
import { InvalidInput } from "../core/ports.ts";
import { readConfig, type ServerConfig } from "../server/config.ts";

/** Flag, variable, and what it is for. */
const FLAGS = [
	["port", "TRIVET_PORT", "port of the console and its API (3000)"],
	["otlp-port", "TRIVET_OTLP_PORT", "port of the OTLP/HTTP receiver (4318)"],
	["otlp-grpc-port", "TRIVET_OTLP_GRPC_PORT", "port of the OTLP/gRPC receiver (4317)"],
	["host", "TRIVET_HOST", "address to bind to (127.0.0.1; anything else demands TRIVET_TOKEN)"],
	["data-dir", "TRIVET_DATA_DIR", "where the data lives (.trivet)"],
	["memory", "TRIVET_MEMORY", "megabytes the store may use for itself (400)"],
	["retention", "TRIVET_RETENTION", "how long data is kept: 72h, 7d (72h)"],
	["scrape", "TRIVET_SCRAPE_TARGETS", "Prometheus endpoints to scrape, comma separated"],
] as const;

export interface Options {
	config: ServerConfig;
	demo: boolean;
	help: boolean;
}

/** Throws InvalidInput with one sentence for a flag that does not exist or a value that does not fit. */
export function readOptions(args: string[], root: string): Options {
	const strings = Object.fromEntries(FLAGS.map(([flag]) => [flag, { type: "string" as const }]));
	let values: Record<string, unknown>;
	try {
		({ values } = parseArgs({
			args,
			allowPositionals: false,
			options: { ...strings, "no-demo": { type: "boolean" }, help: { type: "boolean", short: "h" } },
		}));
	} catch (error) {
		throw new InvalidInput(`${(error as Error).message.split(". ")[0]}. See npm start -- --help.`);
	}
	const environment: Record<string, string | undefined> = { ...process.env };
	for (const [flag, variable] of FLAGS) {
		if (values[flag] !== undefined) environment[variable] = String(values[flag]);
	}
	return { config: readConfig(environment, root), demo: values["no-demo"] !== true, help: values.help === true };
}

export function helpText(): string {
	const lines = FLAGS.map(([flag, variable, what]) => `  --${flag.padEnd(14)} ${what}; ${variable}`);
	return ["npm start -- [options]", "", ...lines, "  --no-demo        start without the demo shop", ""].join("\n");
}
