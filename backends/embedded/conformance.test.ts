/** The embedded backend, as it runs: its own process, a data directory, OTLP over HTTP. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, vi } from "vitest";
import type { Signal, TimeWindow } from "../../core/model.ts";
import { callOf } from "../conformance/scene.ts";
import { describeBackend } from "../conformance.ts";
import { openEmbedded } from "./backend.ts";

const everything: TimeWindow = { fromUnixNano: 0n, toUnixNano: 4_000_000_000_000_000_000n };

describeBackend(
	"embedded backend",
	async () => {
		const dataDir = await mkdtemp(join(tmpdir(), "trivet-conformance-"));
		const backend = await openEmbedded({ dataDir, otlpPort: 0 });
		let sent = 0;
		const send = async (signal: Signal, otlpJson: string) => {
			sent++;
			const response = await fetch(`http://127.0.0.1:${backend.otlpPort}/v1/${signal}`, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: otlpJson,
			});
			expect(response.status, await response.text()).toBe(200);
		};
		return {
			backend,
			send,
			sendOld: (signal, otlpJson) => backend.ingest(signal, otlpJson, { keep: true }),
			/** Loading is in the order of the journal: once a last span is there, all is; roll-ups are done when the topology is not partial. */
			async settle() {
				const traceId = (0xabcdefn * 1_000_000n + BigInt(sent)).toString(16).padStart(32, "0");
				const marker = {
					resourceSpans: [
						{
							resource: { attributes: [{ key: "service.name", value: { stringValue: "settle" } }] },
							scopeSpans: [
								{
									spans: [
										{
											traceId,
											spanId: "00000000000000aa",
											name: "marker",
											startTimeUnixNano: "1500000000000000000",
											endTimeUnixNano: "1500000000000000001",
										},
									],
								},
							],
						},
					],
				};
				await send("traces", JSON.stringify(marker));
				const soon = { timeout: 200_000, interval: 50 };
				await vi.waitFor(async () => {
					expect((await backend.traces.trace(traceId, callOf())).data).toHaveLength(1);
				}, soon);
				await vi.waitFor(async () => {
					expect((await backend.traces.topology(everything, callOf())).reasons).toEqual([]);
				}, soon);
			},
			async close() {
				await backend.close();
				await rm(dataDir, { recursive: true, force: true });
			},
		};
	},
	{ takesData: true },
);
