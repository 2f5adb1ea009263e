import { readSampler, type SamplerChoice } from "./sampling/choice.ts";
import { say } from "./say.ts";

export type Signal = "traces" | "logs" | "metrics";

/** Where one signal goes over OTLP/HTTP. */
export interface OtlpTarget {
	url: string;
	headers: Record<string, string>;
	timeoutMs: number;
	gzip: boolean;
}

export interface QueueSizes {
	size: number;
	batch: number;
	delayMs: number;
}

/** Everything the environment decides, read once at start. Names and defaults are OpenTelemetry's. */
export interface Settings {
	disabled: boolean;
	logLevel: string | undefined;
	serviceName: string | undefined;
	resourceAttributes: Record<string, string>;
	exporters: Record<Signal, readonly string[]>;
	targets: Record<Signal, OtlpTarget>;
	sampler: SamplerChoice;
	prometheus: { host: string; port: number };
	metricIntervalMs: number;
	metricTimeoutMs: number;
	spanQueue: QueueSizes;
	logQueue: QueueSizes;
	attributeValueLimit: number;
	spanValueLimit: number;
	attributeCountLimit: number;
	instrumentations: { enabled: readonly string[] | undefined; disabled: readonly string[] };
	quietPaths: readonly string[];
	kafkaRelation: "parent" | "link";
	seriesLimit: number;
	/** One log record for every finished request. */
	requestLines: boolean;
	/** Names of secrets beside the built-in ones; undefined to send lines as they are. */
	redact: readonly string[] | undefined;
	/** Send the lines of loggers that a transport ships already. */
	sendShipped: boolean;
	/** Whoever has it may take profiles; without one nobody may. */
	profileToken: string | undefined;
}

type Env = Record<string, string | undefined>;

const KNOWN_EXPORTERS: Record<Signal, readonly string[]> = {
	traces: ["otlp", "console", "none"],
	logs: ["otlp", "none"],
	metrics: ["otlp", "prometheus", "none"],
};

const QUIET_PATHS = ["/health", "/healthz", "/livez", "/live", "/readyz", "/ready", "/metrics", "/ping"];

/** Read the settings from `env`; what cannot be understood is named on stderr and replaced by its default. */
export function readSettings(env: Env): Settings {
	const list = (name: string): string[] | undefined =>
		env[name]
			?.split(",")
			.map((part) => part.trim().toLowerCase())
			.filter((part) => part !== "");
	const number = (name: string, fallback: number, least = 1): number => {
		const raw = env[name]?.trim();
		if (raw === undefined || raw === "") {
			return fallback;
		}
		const value = Number(raw);
		if (!Number.isFinite(value) || value < least) {
			say(`${name}=${raw} is not a number of at least ${least}; using ${fallback}`);
			return fallback;
		}
		return value;
	};
	const choice = (name: string, values: readonly [string, ...string[]]): string => {
		const value = nonEmpty(env[name])?.toLowerCase() ?? values[0];
		if (!values.includes(value)) {
			say(`${name}=${value} is not one of ${values.join(", ")}; using ${values[0]}`);
			return values[0];
		}
		return value;
	};
	const exporters = (signal: Signal): readonly string[] => {
		const name = `OTEL_${signal.toUpperCase()}_EXPORTER`;
		const wanted = list(name);
		if (wanted === undefined || wanted.length === 0) {
			return ["otlp"];
		}
		const known = wanted.filter((exporter) => KNOWN_EXPORTERS[signal].includes(exporter));
		for (const exporter of wanted) {
			if (!known.includes(exporter)) {
				say(`${name}: "${exporter}" is not one of ${KNOWN_EXPORTERS[signal].join(", ")}; ignored`);
			}
		}
		return known.includes("none") ? [] : known;
	};
	const target = (signal: Signal): OtlpTarget => {
		const prefix = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_`;
		const common = (suffix: string): string | undefined =>
			nonEmpty(env[prefix + suffix]) ?? nonEmpty(env[`OTEL_EXPORTER_OTLP_${suffix}`]);
		const timeoutName = nonEmpty(env[`${prefix}TIMEOUT`]) ? `${prefix}TIMEOUT` : "OTEL_EXPORTER_OTLP_TIMEOUT";
		return {
			url: endpoint(env, signal),
			headers: { ...pairs(env.OTEL_EXPORTER_OTLP_HEADERS), ...pairs(env[`${prefix}HEADERS`]) },
			timeoutMs: number(timeoutName, 10_000),
			gzip: common("COMPRESSION")?.toLowerCase() === "gzip",
		};
	};
	const queue = (prefix: string, size: number): QueueSizes => ({
		size: number(`${prefix}_MAX_QUEUE_SIZE`, size),
		batch: number(`${prefix}_MAX_EXPORT_BATCH_SIZE`, 512),
		// Spans leave as soon as lines do, not after OTel's five seconds: neither should be on screen without the other.
		delayMs: number(`${prefix}_SCHEDULE_DELAY`, 1_000),
	});
	return {
		disabled: env.OTEL_SDK_DISABLED?.trim().toLowerCase() === "true",
		logLevel: nonEmpty(env.OTEL_LOG_LEVEL),
		serviceName: nonEmpty(env.OTEL_SERVICE_NAME),
		resourceAttributes: pairs(env.OTEL_RESOURCE_ATTRIBUTES),
		exporters: { traces: exporters("traces"), logs: exporters("logs"), metrics: exporters("metrics") },
		targets: { traces: target("traces"), logs: target("logs"), metrics: target("metrics") },
		sampler: readSampler(nonEmpty(env.OTEL_TRACES_SAMPLER), nonEmpty(env.OTEL_TRACES_SAMPLER_ARG), say),
		prometheus: {
			host: nonEmpty(env.OTEL_EXPORTER_PROMETHEUS_HOST) ?? "127.0.0.1",
			port: number("OTEL_EXPORTER_PROMETHEUS_PORT", 9464, 0),
		},
		metricIntervalMs: number("OTEL_METRIC_EXPORT_INTERVAL", 60_000, 10),
		metricTimeoutMs: number("OTEL_METRIC_EXPORT_TIMEOUT", 30_000),
		spanQueue: queue("OTEL_BSP", 8_192),
		logQueue: queue("OTEL_BLRP", 16_384),
		attributeValueLimit: number("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", Number.POSITIVE_INFINITY, 0),
		// OpenTelemetry has none: one attribute of megabytes would then be all that fits into a batch.
		spanValueLimit: number(
			nonEmpty(env.OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT) === undefined
				? "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"
				: "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
			16_384,
			0,
		),
		attributeCountLimit: number("OTEL_ATTRIBUTE_COUNT_LIMIT", 128, 0),
		instrumentations: {
			enabled: list("OTEL_NODE_ENABLED_INSTRUMENTATIONS"),
			disabled: list("OTEL_NODE_DISABLED_INSTRUMENTATIONS") ?? [],
		},
		quietPaths:
			env.TRIVET_QUIET_PATHS === undefined
				? QUIET_PATHS
				: env.TRIVET_QUIET_PATHS.split(",")
						.map((path) => path.trim())
						.filter((path) => path !== ""),
		kafkaRelation: env.TRIVET_KAFKA_RELATION?.trim().toLowerCase() === "link" ? "link" : "parent",
		seriesLimit: number("TRIVET_SERIES_LIMIT", 2_000),
		requestLines: choice("TRIVET_REQUEST_LINES", ["on", "off"]) === "on",
		redact: list("TRIVET_REDACT")?.includes("off") === true ? undefined : (list("TRIVET_REDACT") ?? []),
		sendShipped: choice("TRIVET_SHIPPED_LINES", ["skip", "send"]) === "send",
		profileToken: secret(env, "TRIVET_PROFILE_TOKEN"),
	};
}

function nonEmpty(value: string | undefined): string | undefined {
	const trimmed = value?.trim();
	return trimmed === "" ? undefined : trimmed;
}

function secret(env: Env, name: string): string | undefined {
	const token = nonEmpty(env[name]);
	if (token === undefined || /^[!-~]{16,}$/.test(token)) {
		return token;
	}
	say(`${name} is not used: a token has at least 16 characters and no spaces; \`openssl rand -hex 32\` makes one`);
	return undefined;
}

/** OTel's rule: a signal's own endpoint is used as it is, the common one gets `/v1/<signal>` appended. */
function endpoint(env: Env, signal: Signal): string {
	const own = nonEmpty(env[`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`]);
	const common = nonEmpty(env.OTEL_EXPORTER_OTLP_ENDPOINT);
	const fallback = `http://localhost:4318/v1/${signal}`;
	const chosen = own ?? (common === undefined ? fallback : `${common.replace(/\/+$/, "")}/v1/${signal}`);
	try {
		const { protocol } = new URL(chosen);
		if (protocol === "http:" || protocol === "https:") {
			return chosen;
		}
	} catch {
		// Said below.
	}
	say(`the OTLP endpoint for ${signal}, "${chosen}", is not an http(s) URL; using ${fallback}`);
	return fallback;
}

/** `key=value,key2=value2` with percent-encoded values, as OTEL_RESOURCE_ATTRIBUTES and OTEL_EXPORTER_OTLP_HEADERS use it. */
export function pairs(text: string | undefined): Record<string, string> {
	const result: Record<string, string> = {};
	for (const part of text?.split(",") ?? []) {
		const at = part.indexOf("=");
		if (at <= 0) {
			continue;
		}
		const key = part.slice(0, at).trim();
		const value = part
			.slice(at + 1)
			.trim()
			.replace(/^"(.*)"$/, "$1");
		if (key === "") {
			continue;
		}
		try {
			result[key] = decodeURIComponent(value);
		} catch {
			result[key] = value;
		}
	}
	return result;
}
