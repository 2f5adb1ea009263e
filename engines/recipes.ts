/** What each engine is built from, which ports it listens on, and how it is started with its file of `collector-config/`. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export type EngineName = "tempo" | "loki" | "prometheus" | "alertmanager" | "collector";

/** The repository, wherever this file runs from: its source or dist/. */
export const ROOT = fileURLToPath(
	new URL(import.meta.url.includes("/dist/engines/") ? "../.." : "..", import.meta.url),
);
const CONFIG = join(ROOT, "collector-config");
const HOST = "127.0.0.1";
/** Where the rules say that the console is. */
const CONSOLE = "http://localhost:3000";

/** Hours: as the configuration's own default. */
const RETENTION = 336;
/** Forty-five years. Tempo counts seconds since 1970 without a sign, so no more. */
const ANY_AGE = 400_000;

export interface Setup {
	/** The engine's own folder: configuration that had to be copied, data, log. */
	dir: string;
	/** The ports of every engine of the run, by `engine.port`. */
	ports: Readonly<Record<string, number>>;
	/** Takes and keeps data of any age. */
	anyAge: boolean;
	/** Where Alertmanager sends what fires: at the console, to which the rules' links lead then. */
	webhook: { url: string; token: string };
}

export interface Launch {
	args: string[];
	env?: Record<string, string>;
	cwd?: string;
}

export interface Recipe {
	title: string;
	/** What `go build` is asked for, in `engines/<name>/`. */
	package: string;
	tags?: string;
	/** Beside the binary of the engine's name. */
	tools?: readonly string[];
	/** Names of the ports it listens on; `http` answers its API. */
	ports: readonly string[];
	/** On `http`, or on the port named: each answers 200, in this order, when it is ready. */
	ready: { paths: readonly string[]; port?: string };
	/** Full path of its OTLP/HTTP receiver: the whole of it where it takes one signal, without /v1/x otherwise. */
	otlp: { port: string; path: string } | null;
	launch(setup: Setup): Launch;
}

/** In the order they are built and started: who is sent to comes first. */
export const RECIPES: Readonly<Record<EngineName, Recipe>> = {
	alertmanager: {
		title: "Alertmanager 0.28",
		package: "github.com/prometheus/alertmanager/cmd/alertmanager",
		ports: ["http"],
		ready: { paths: ["/-/ready"] },
		otlp: null,
		launch({ dir, ports, webhook }) {
			copyFileSync(join(CONFIG, "alertmanager.yml"), join(dir, "alertmanager.yml"));
			writeFileSync(join(dir, "webhook-url"), webhook.url);
			writeFileSync(join(dir, "webhook-token"), webhook.token, { mode: 0o600 });
			const listen = `--web.listen-address=${HOST}:${ports["alertmanager.http"]}`;
			return {
				args: ["--config.file=alertmanager.yml", "--storage.path=data", listen, "--cluster.listen-address="],
				// It reads the two files beside it from where it runs.
				cwd: dir,
			};
		},
	},
	prometheus: {
		title: "Prometheus 3.15",
		package: "github.com/prometheus/prometheus/cmd/prometheus",
		tags: "remove_all_sd",
		tools: ["github.com/prometheus/prometheus/cmd/promtool"],
		ports: ["http"],
		ready: { paths: ["/-/ready"] },
		otlp: { port: "http", path: "/api/v1/otlp/v1/metrics" },
		launch({ dir, ports, anyAge, webhook }) {
			const config = readFileSync(join(CONFIG, "prometheus.yml"), "utf8");
			// The one setting that is neither a flag nor beside the file.
			const window = `out_of_order_time_window: ${hours(anyAge)}`;
			writeFileSync(join(dir, "prometheus.yml"), config.replace(/out_of_order_time_window: \w+/, window));
			copyRules(join(dir, "prometheus-rules"), webhook.url);
			mkdirSync(join(dir, "prometheus-targets"), { recursive: true });
			const alertmanager = ports["alertmanager.http"];
			const targets = alertmanager === undefined ? "[]" : `- targets: ["${HOST}:${alertmanager}"]`;
			writeFileSync(join(dir, "prometheus-targets/alertmanagers.yml"), `${targets}\n`);
			writeFileSync(join(dir, "prometheus-targets/scrape-stack.yml"), `${ownTargets(ports, webhook.url)}\n`);
			return {
				args: [
					`--config.file=${dir}/prometheus.yml`,
					`--storage.tsdb.path=${dir}/data`,
					`--storage.tsdb.retention.time=${hours(anyAge)}`,
					`--web.listen-address=${HOST}:${ports["prometheus.http"]}`,
					"--web.enable-otlp-receiver",
					"--web.enable-remote-write-receiver",
					"--enable-feature=exemplar-storage,otlp-deltatocumulative,created-timestamp-zero-ingestion",
					"--log.level=warn",
				],
			};
		},
	},
	loki: {
		title: "Loki 3.7",
		package: "github.com/grafana/loki/v3/cmd/loki",
		ports: ["http", "grpc"],
		// It is "ready" a second or two before anything answers.
		ready: { paths: ["/ready", "/loki/api/v1/labels"] },
		otlp: { port: "http", path: "/otlp/v1/logs" },
		launch({ dir, ports, anyAge }) {
			return {
				args: [`-config.file=${CONFIG}/loki.yaml`, "-config.expand-env=true"],
				env: {
					LOKI_HOST: HOST,
					LOKI_HTTP_PORT: String(ports["loki.http"]),
					LOKI_GRPC_PORT: String(ports["loki.grpc"]),
					LOKI_DATA: join(dir, "data"),
					STACK_RETENTION: hours(anyAge),
					...(anyAge ? { LOKI_MAX_CHUNK_AGE: `${2 * ANY_AGE}h` } : {}),
				},
			};
		},
	},
	tempo: {
		title: "Tempo 2.8",
		package: "github.com/grafana/tempo/cmd/tempo",
		ports: ["http", "grpc", "otlpGrpc", "otlp"],
		ready: { paths: ["/ready"] },
		otlp: { port: "otlp", path: "" },
		launch({ dir, ports, anyAge }) {
			return {
				args: [`-config.file=${CONFIG}/tempo.yaml`, "-config.expand-env=true"],
				env: {
					TEMPO_HOST: HOST,
					TEMPO_HTTP_PORT: String(ports["tempo.http"]),
					TEMPO_GRPC_PORT: String(ports["tempo.grpc"]),
					TEMPO_OTLP_GRPC_PORT: String(ports["tempo.otlpGrpc"]),
					TEMPO_OTLP_HTTP_PORT: String(ports["tempo.otlp"]),
					TEMPO_DATA: join(dir, "data"),
					TEMPO_REMOTE_WRITE_URL: `http://${HOST}:${ports["prometheus.http"] ?? 9}/api/v1/write`,
					STACK_RETENTION: hours(anyAge),
					...(anyAge ? { TEMPO_BLOCK_KEPT: hours(anyAge) } : {}),
				},
			};
		},
	},
	collector: {
		title: "OpenTelemetry Collector 0.155",
		package: ".",
		ports: ["otlp", "otlpGrpc", "health", "metrics"],
		ready: { paths: ["/"], port: "health" },
		otlp: { port: "otlp", path: "" },
		launch({ ports }) {
			const otlp = (name: string): string => `http://${HOST}:${ports[name] ?? 9}`;
			return {
				args: [`--config=${CONFIG}/collector.yaml`],
				env: {
					COLLECTOR_HOST: HOST,
					COLLECTOR_OTLP_GRPC_PORT: String(ports["collector.otlpGrpc"]),
					COLLECTOR_OTLP_HTTP_PORT: String(ports["collector.otlp"]),
					COLLECTOR_HEALTH_PORT: String(ports["collector.health"]),
					COLLECTOR_METRICS_PORT: String(ports["collector.metrics"]),
					TEMPO_OTLP_ENDPOINT: otlp("tempo.otlp"),
					LOKI_OTLP_ENDPOINT: `${otlp("loki.http")}/otlp`,
					PROMETHEUS_OTLP_ENDPOINT: `${otlp("prometheus.http")}/api/v1/otlp`,
				},
			};
		},
	},
};

export const ENGINE_NAMES = Object.keys(RECIPES) as EngineName[];

/** Of a whole stack, what it says about itself: the targets of compose/prometheus-targets/scrape-stack.yml. Engines by themselves are not scraped. */
function ownTargets(ports: Setup["ports"], webhook: string): string {
	if (ports["collector.metrics"] === undefined) return "[]";
	const engines = [
		["collector", "collector.metrics"],
		["tempo", "tempo.http"],
		["loki", "loki.http"],
		["prometheus", "prometheus.http"],
		["alertmanager", "alertmanager.http"],
	].flatMap(([job, port = ""]) => (ports[port] === undefined ? [] : [[job, `${HOST}:${ports[port]}`]]));
	const all = webhook.endsWith("/api/alerts") ? [["trivet-console", new URL(webhook).host], ...engines] : engines;
	return all.map(([job, target]) => `- targets: ["${target}"]\n  labels: { job: ${job} }`).join("\n");
}

function hours(anyAge: boolean): string {
	return `${anyAge ? ANY_AGE : RETENTION}h`;
}

/** With links to where this run's console is. */
function copyRules(to: string, webhook: string): void {
	const from = join(CONFIG, "prometheus-rules");
	const console = webhook.endsWith("/api/alerts") ? new URL(webhook).origin : CONSOLE;
	mkdirSync(to, { recursive: true });
	for (const name of readdirSync(from)) {
		writeFileSync(join(to, name), readFileSync(join(from, name), "utf8").replaceAll(CONSOLE, console));
	}
}
