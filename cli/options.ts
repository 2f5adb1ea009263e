/** The command line of `npm start` and what shares it (`stack`, `reset`): flags are the environment's variables by another name. */
import { parseArgs } from "node:util";
import { InvalidInput } from "../core/ports.ts";
import { readConfig, type ServerConfig } from "../server/config.ts";

type Flag = readonly [flag: string, variable: string, what: string];
type Switch = readonly [flag: string, what: string];

export interface Command {
	/** As it is typed. */
	name: string;
	flags: readonly Flag[];
	switches: readonly Switch[];
}

/** Of the console, over whichever backend. */
const CONSOLE_FLAGS = [
	["port", "TRIVET_PORT", "port of the console and its API (3000)"],
	["otlp-port", "TRIVET_OTLP_PORT", "port of the OTLP/HTTP receiver (4318)"],
	["otlp-grpc-port", "TRIVET_OTLP_GRPC_PORT", "port of the OTLP/gRPC receiver (4317)"],
	["data-dir", "TRIVET_DATA_DIR", "where the data lives (.trivet)"],
] as const;
const NO_DEMO = ["no-demo", "start without the demo shop"] as const;

const START: Command = {
	name: "npm start",
	flags: [
		...CONSOLE_FLAGS,
		["host", "TRIVET_HOST", "address to bind to (127.0.0.1; anything else demands TRIVET_TOKEN)"],
		["memory", "TRIVET_MEMORY", "megabytes the store may use for itself (400)"],
		["retention", "TRIVET_RETENTION", "how long data is kept: 72h, 7d (72h)"],
		["scrape", "TRIVET_SCRAPE_TARGETS", "Prometheus endpoints to scrape, comma separated"],
	],
	switches: [NO_DEMO],
};

export const STACK: Command = {
	name: "npm run stack",
	flags: [
		...CONSOLE_FLAGS,
		["tempo-port", "TRIVET_TEMPO_PORT", "port of Tempo's API (3200)"],
		["loki-port", "TRIVET_LOKI_PORT", "port of Loki's API (3100)"],
		["prometheus-port", "TRIVET_PROMETHEUS_PORT", "port of Prometheus (9090)"],
		["alertmanager-port", "TRIVET_ALERTMANAGER_PORT", "port of Alertmanager (9093)"],
	],
	switches: [
		NO_DEMO,
		["build", "build the engines that are missing, and nothing else"],
		["check", "start all on free ports, send one of each signal, show where it arrived, stop"],
	],
};

export interface Options {
	config: ServerConfig;
	demo: boolean;
	help: boolean;
	/** The switches that were given. */
	switches: ReadonlySet<string>;
	/** The process's, with the flags over it. */
	environment: Readonly<Record<string, string | undefined>>;
}

/** Throws InvalidInput with one sentence for a flag that does not exist or a value that does not fit. */
export function readOptions(args: string[], root: string, command = START): Options {
	const strings = Object.fromEntries(command.flags.map(([flag]) => [flag, { type: "string" as const }]));
	const switches = Object.fromEntries(command.switches.map(([flag]) => [flag, { type: "boolean" as const }]));
	let values: Record<string, unknown>;
	try {
		({ values } = parseArgs({
			args,
			allowPositionals: false,
			options: { ...strings, ...switches, help: { type: "boolean", short: "h" } },
		}));
	} catch (error) {
		throw new InvalidInput(`${(error as Error).message.split(". ")[0]}. See ${command.name} -- --help.`);
	}
	const environment: Record<string, string | undefined> = { ...process.env };
	for (const [flag, variable] of command.flags) {
		if (values[flag] !== undefined) environment[variable] = String(values[flag]);
	}
	return {
		config: readConfig(environment, root),
		demo: values["no-demo"] !== true,
		help: values.help === true,
		switches: new Set(Object.keys(switches).filter((flag) => values[flag] === true)),
		environment,
	};
}

export function helpText(command = START): string {
	const width = Math.max(...command.flags.map(([flag]) => flag.length));
	const flags = command.flags.map(([flag, variable, what]) => `  --${flag.padEnd(width)} ${what}; ${variable}`);
	const switches = command.switches.map(([flag, what]) => `  --${flag.padEnd(width)} ${what}`);
	return [`${command.name} -- [options]`, "", ...flags, ...switches, ""].join("\n");
}
