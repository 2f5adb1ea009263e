/** A real Prometheus with settings of its own: what other people's look like. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { binaryOf } from "../../../engines/build.ts";
import { startProcess } from "../../../engines/engine-process.ts";
import { Engine } from "../engine.ts";
import { PrometheusMetrics } from "./prometheus-metrics.ts";

export interface TestingPrometheus {
	url: string;
	metrics: PrometheusMetrics;
	/** Sends one OTLP/JSON export request of metrics. */
	send(otlpJson: string): Promise<void>;
	stop(): Promise<void>;
}

/** `otlp`: lines of that section of the configuration. `stored`: OpenMetrics text with times, in its blocks from the start. */
export async function startPrometheus(options: { otlp?: string[]; stored?: string } = {}): Promise<TestingPrometheus> {
	const dir = await mkdtemp(join(tmpdir(), "trivet-prometheus-"));
	const config = [
		"storage: { tsdb: { out_of_order_time_window: 2h }, exemplars: { max_exemplars: 1000 } }",
		...(options.otlp ? ["otlp:", ...options.otlp.map((line) => `  ${line}`)] : []),
	];
	writeFileSync(join(dir, "prometheus.yml"), `${config.join("\n")}\n`);
	mkdirSync(join(dir, "data"));
	if (options.stored !== undefined) {
		writeFileSync(join(dir, "stored.txt"), `${options.stored}\n# EOF\n`);
		const promtool = join(dirname(binaryOf("prometheus")), "promtool");
		const args = ["tsdb", "create-blocks-from", "openmetrics", "--quiet", join(dir, "stored.txt"), join(dir, "data")];
		execFileSync(promtool, args, { stdio: "pipe", timeout: 30_000 });
	}
	const port = await freePort();
	const engine = startProcess({
		title: "Prometheus",
		binary: binaryOf("prometheus"),
		args: [
			`--config.file=${dir}/prometheus.yml`,
			`--storage.tsdb.path=${dir}/data`,
			`--web.listen-address=127.0.0.1:${port}`,
			"--web.enable-otlp-receiver",
			"--enable-feature=exemplar-storage,otlp-deltatocumulative",
			"--log.level=warn",
		],
		env: {},
		cwd: dir,
		logFile: join(dir, "log"),
	});
	const url = `http://127.0.0.1:${port}`;
	const stop = async (): Promise<void> => {
		await engine.stop();
		await rm(dir, { recursive: true, force: true });
	};
	try {
		await engine.ready(`${url}/-/ready`, 60_000);
	} catch (error) {
		await stop();
		throw error;
	}
	return {
		url,
		metrics: metricsAt(url),
		async send(otlpJson) {
			const headers = { "content-type": "application/json" };
			const response = await fetch(`${url}/api/v1/otlp/v1/metrics`, { method: "POST", headers, body: otlpJson });
			expect(response.status, await response.text()).toBe(200);
		},
		stop,
	};
}

export function metricsAt(url: string): PrometheusMetrics {
	return new PrometheusMetrics(new Engine("Prometheus", { url, headers: {}, tenant: null, tls: {} }));
}

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as { port: number };
	await new Promise((resolve) => server.close(resolve));
	return port;
}
