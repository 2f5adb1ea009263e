import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { describeForeignTraffic } from "../conformance/foreign-sdk/testing-foreign-traffic.ts";
import { openEmbedded } from "./backend.ts";

describeForeignTraffic("embedded receiver", async () => {
	const directory = mkdtempSync(join(tmpdir(), "trivet-python-"));
	const backend = await openEmbedded({ dataDir: directory, otlpPort: 0, otlpGrpcPort: 0 });
	return {
		backend,
		counted: [{ calls: 11, errors: 2 }],
		endpoints: {
			grpc: `http://127.0.0.1:${backend.otlpGrpcPort}`,
			"http/protobuf": `http://127.0.0.1:${backend.otlpPort}`,
		},
		async arrived() {
			await vi.waitFor(async () => {
				const { ingest } = await backend.status();
				for (const counts of Object.values(ingest!)) expect(counts.stored).toBe(counts.accepted);
			}, 10_000);
			expect((await backend.status()).ingest).toMatchObject({
				traces: { accepted: 15, rejected: 0, dropped: 0 },
				logs: { accepted: 3, rejected: 0, dropped: 0 },
				metrics: { rejected: 0, dropped: 0 },
			});
		},
		async close() {
			await backend.close();
			rmSync(directory, { recursive: true, force: true });
		},
	};
});
