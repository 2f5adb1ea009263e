import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Child, startChild } from "../child.ts";

/** The same app with something else preloaded. */
export interface Variant {
	name: string;
	/** Node's flags; `peer` is a file of bench/peers/preload, `ours` our register. */
	load: (places: Places) => string[];
	env?: Record<string, string>;
}

export interface Places {
	/** bench/peers */
	peers: string;
	/** The project our package is installed in. */
	ours: string;
	/** The collector. */
	otlp: string;
}

const OFF = { OTEL_TRACES_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none" };
const preload = (file: string) => (places: Places) => ["--require", join(places.peers, "preload", file)];
/** As its README says. */
const register = ({ ours }: Places) => [
	"--import",
	pathToFileURL(join(ours, "node_modules/@trivet/instrumentation/dist/esm/register.js")).href,
];
/** As its README says. */
const auto = ({ peers }: Places) => [
	"--require",
	join(peers, "node_modules/@opentelemetry/auto-instrumentations-node/build/src/register.js"),
];
const SIGNALS = { OTEL_TRACES_EXPORTER: "otlp", OTEL_LOGS_EXPORTER: "otlp", OTEL_METRICS_EXPORTER: "otlp" };

export const plain: Variant = { name: "plain app", load: () => [] };
/** Everything on, its defaults, but for the line of its own a request: the app writes one. */
export const trivet: Variant = {
	name: "@trivet/instrumentation",
	load: register,
	env: { TRIVET_REQUEST_LINES: "off" },
};
/** Everything on, its defaults: traces, logs and metrics over OTLP. */
export const autoNode: Variant = { name: "auto-instrumentations-node", load: auto, env: SIGNALS };
export const httpAlone: Variant = { name: "instrumentation-http", load: preload("http.cjs") };

export const spansOnly: Variant = { name: "spans only", load: preload("spans.cjs") };
export const trivetIds: Variant = { ...trivet, env: { ...trivet.env, ...OFF } };
export const trivetSending: Variant = { ...trivet, env: { ...trivet.env, ...OFF, OTEL_LOGS_EXPORTER: "otlp" } };
export const pinoIds: Variant = { name: "instrumentation-pino", load: preload("pino.cjs") };
export const pinoSending: Variant = { name: "instrumentation-pino", load: preload("pino-sending.cjs") };

/** Metrics and spans as ever; lines get their ids and are written, not sent. */
export const trivetUnsent: Variant = { ...trivet, env: { ...trivet.env, OTEL_LOGS_EXPORTER: "none" } };

/** The same for a logger that names service, environment and version itself: what is left to add are the ids. */
export function named(variant: Variant): Variant {
	return { ...variant, env: { ...variant.env, LINES_BASE: "1" } };
}

/** A variant that keeps a share of the traces, decided where they begin. */
export function sampled(variant: Variant, share: number): Variant {
	return {
		...variant,
		env: { ...variant.env, OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: String(share) },
	};
}

/** Starts an app of bench/peers/apps with nothing of this process's environment but PATH. */
export function startApp<Question extends object, Answer>(
	app: string,
	variant: Variant,
	places: Places,
	options: { args?: string[]; flags?: string[]; env?: Record<string, string> } = {},
): Promise<Child<Question, Answer>> {
	return startChild<Question, Answer>(pathToFileURL(join(places.peers, "apps", app)), options.args, {
		execArgv: [...(options.flags ?? []), ...variant.load(places)],
		cwd: places.peers,
		quiet: true,
		env: {
			PATH: process.env.PATH ?? "",
			OTEL_SERVICE_NAME: "bench",
			OTEL_EXPORTER_OTLP_ENDPOINT: places.otlp,
			...variant.env,
			...options.env,
		},
	});
}
