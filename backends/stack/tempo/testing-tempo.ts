/** A Tempo of its own for a test file, fed straight. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { startEngines } from "../../../engines/engines.ts";
import { callOf } from "../../conformance/scene.ts";
import { type SpanSpec, spans } from "../../conformance/telemetry.ts";
import { Engine } from "../engine.ts";
import { TempoTraces } from "./tempo-traces.ts";

export interface TestTempo {
	traces: TempoTraces;
	engine: Engine;
	send(...specs: SpanSpec[]): Promise<void>;
	/** Resolves when a search finds the trace. */
	searchable(traceId: string): Promise<void>;
	close(): Promise<void>;
}

export function engineAt(url: string): Engine {
	return new Engine("Tempo", { url, headers: {}, tenant: null, tls: {} });
}

export async function openTestTempo(): Promise<TestTempo> {
	const dir = await mkdtemp(join(tmpdir(), "trivet-tempo-"));
	const engines = await startEngines(["tempo"], { dir, anyAge: true });
	const engine = engineAt(new URL(engines.tempo.url).origin);
	const traces = new TempoTraces(engine);
	const everything = { fromUnixNano: 1_000_000_000n, toUnixNano: 2_100_000_000_000_000_000n };
	return {
		traces,
		engine,
		async send(...specs) {
			const response = await fetch(`${engines.tempo.otlpUrl}/v1/traces`, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: spans(...specs).body,
			});
			expect(response.status, await response.text()).toBe(200);
		},
		async searchable(traceId) {
			const filter = { kind: "compare", field: "traceId", op: "=", value: traceId } as const;
			const query = { window: everything, filter, status: null, order: "newest" } as const;
			const found = async () => expect((await traces.search(query, callOf())).data).toHaveLength(1);
			await vi.waitFor(found, { timeout: 60_000, interval: 200 });
		},
		async close() {
			await engine.close();
			await engines.stop();
			await rm(dir, { recursive: true, force: true });
		},
	};
}
