/** The three engines with nothing in them, as a subject of the kit: data goes straight to them, questions through the ports. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, vi } from "vitest";
import type { Signal } from "../../core/model.ts";
import { type RunningEngines, startEngines } from "../../engines/engines.ts";
import { callOf, type Subject } from "../conformance/scene.ts";
import { openStack } from "./backend.ts";
import type { EngineSettings } from "./engine.ts";
import type { StackSettings } from "./settings.ts";

export type Three = RunningEngines<"tempo" | "loki" | "prometheus">;

export function settingsOf(engines: Three): StackSettings {
	const settings = (url: string): EngineSettings => ({ url, headers: {}, tenant: null, tls: {} });
	return {
		tempo: settings(new URL(engines.tempo.url).origin),
		loki: settings(new URL(engines.loki.url).origin),
		prometheus: settings(new URL(engines.prometheus.url).origin),
	};
}

/** Sends one OTLP/JSON export request to the engine of its signal. */
export async function sendTo(engines: Three, signal: Signal, otlpJson: string): Promise<void> {
	const url = {
		traces: `${engines.tempo.otlpUrl}/v1/traces`,
		logs: engines.loki.otlpUrl,
		metrics: engines.prometheus.otlpUrl,
	}[signal];
	const headers = { "content-type": "application/json" };
	const response = await fetch(url, { method: "POST", headers, body: otlpJson });
	expect(response.status, `${signal}: ${await response.text()}`).toBeLessThan(300);
}

export async function engineSubject(): Promise<Subject & { engines: Three }> {
	const dir = await mkdtemp(join(tmpdir(), "trivet-engines-"));
	const engines = await startEngines(["tempo", "loki", "prometheus"], { dir, anyAge: true });
	const backend = openStack(settingsOf(engines));
	let sent = 0;
	const send = async (signal: Signal, otlpJson: string): Promise<void> => {
		sent++;
		await sendTo(engines, signal, otlpJson);
	};
	return {
		engines,
		backend,
		send,
		sendOld: send,
		/** Lines and points are visible when they are taken; a trace is found by search once it was quiet for a while, the last one sent last. */
		async settle() {
			const service = `settle-${process.pid}-${sent}`;
			const traceId = sent.toString(16).padStart(32, "abcdef");
			const nowNs = BigInt(Date.now()) * 1_000_000n;
			await send("traces", markerTrace(service, traceId, nowNs));
			const window = { fromUnixNano: nowNs - 60_000_000_000n, toUnixNano: nowNs + 60_000_000_000n };
			const filter = { kind: "compare", field: "service", op: "=", value: service } as const;
			await vi.waitFor(
				async () => {
					const query = { window, filter, status: null, order: "newest" } as const;
					expect((await backend.traces.search(query, callOf())).data).toHaveLength(1);
				},
				{ timeout: 200_000, interval: 200 },
			);
		},
		async close() {
			await backend.close();
			await engines.stop();
			await rm(dir, { recursive: true, force: true });
		},
	};
}

function markerTrace(service: string, traceId: string, timeUnixNano: bigint): string {
	const span = {
		traceId,
		spanId: "00000000000000aa",
		name: "marker",
		startTimeUnixNano: String(timeUnixNano),
		endTimeUnixNano: String(timeUnixNano + 1n),
	};
	const resource = { attributes: [{ key: "service.name", value: { stringValue: service } }] };
	return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] });
}
