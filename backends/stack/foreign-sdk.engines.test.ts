/** Through the collector to the engines, over both of its protocols. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, vi } from "vitest";
import { howToBuild, missingEngines, startEngines } from "../../engines/engines.ts";
import { describeForeignTraffic } from "../conformance/foreign-sdk/testing-foreign-traffic.ts";
import { callOf } from "../conformance/scene.ts";
import { openStack } from "./backend.ts";
import { sendTo, settingsOf } from "./testing-engines.ts";

const NAMES = ["tempo", "loki", "prometheus", "collector"] as const;
const missing = missingEngines(NAMES);

if (missing.length > 0) describe.skip(`collector (${howToBuild(missing)})`);
else
	describeForeignTraffic("collector", async () => {
		const dir = mkdtempSync(join(tmpdir(), "trivet-python-"));
		const engines = await startEngines(NAMES, { dir });
		const backend = openStack(settingsOf(engines));
		// Into an empty database Prometheus takes no reading from before the first: no zero at a counter's start.
		await sendTo(engines, "metrics", earlierGauge());
		return {
			backend,
			// All of them; or without the request whose series began with a reading at its own start, to the millisecond: none is before it.
			counted: [
				{ calls: 11, errors: 2 },
				{ calls: 10, errors: 1 },
			],
			endpoints: {
				grpc: `http://127.0.0.1:${engines.collector.port("otlpGrpc")}`,
				"http/protobuf": engines.collector.otlpUrl,
			},
			/** Signals arrive each on its own way, and points twice. */
			async arrived({ traceId, service, startUnixNano }) {
				const call = callOf();
				const window = { fromUnixNano: startUnixNano - 60_000_000_000n, toUnixNano: startUnixNano + 60_000_000_000n };
				await vi.waitFor(
					async () => {
						expect((await backend.traces.trace(traceId, call)).data).toHaveLength(4);
						const lines = { window, service, filter: null, order: "oldest" } as const;
						expect((await backend.logs.logs(lines, call)).data).toHaveLength(3);
						const series = { metric: "basket.items", service, window, stepNs: 60_000_000_000n };
						expect((await backend.metrics.series(series, call)).data.length).toBeGreaterThan(0);
					},
					{ timeout: 30_000, interval: 200 },
				);
			},
			async close() {
				await backend.close();
				await engines.stop();
				rmSync(dir, { recursive: true, force: true });
			},
		};
	});

function earlierGauge(): string {
	const timeUnixNano = String(BigInt(Date.now() - 60_000) * 1_000_000n);
	const gauge = { dataPoints: [{ timeUnixNano, asInt: "1" }] };
	return JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: "earlier", gauge }] }] }] });
}
