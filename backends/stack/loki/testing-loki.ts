/** A Loki with nothing in it, for tests: data goes straight to it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEngines } from "../../../engines/engines.ts";
import { Engine, type EngineSettings } from "../engine.ts";
import { LokiLogs } from "./loki-logs.ts";

export interface TestingLoki {
	url: string;
	logs: LokiLogs;
	/** One OTLP/JSON export request. */
	sendOtlp(body: string): Promise<void>;
	/** Lines with stream labels only, as promtail sends them. */
	push(stream: Record<string, string>, lines: readonly [timeUnixNano: bigint, line: string][]): Promise<void>;
	close(): Promise<void>;
}

export function settingsOf(url: string, changes: Partial<EngineSettings> = {}): EngineSettings {
	return { url, headers: {}, tenant: null, tls: {}, ...changes };
}

export async function startLoki(): Promise<TestingLoki> {
	const dir = await mkdtemp(join(tmpdir(), "trivet-loki-"));
	const engines = await startEngines(["loki"], { dir, anyAge: true });
	const url = new URL(engines.loki.url).origin;
	const engine = new Engine("Loki", settingsOf(url));
	const post = async (to: string, body: string): Promise<void> => {
		const response = await fetch(to, { method: "POST", headers: { "content-type": "application/json" }, body });
		if (!response.ok) throw new Error(`Loki answered ${response.status}: ${await response.text()}`);
	};
	return {
		url,
		logs: new LokiLogs(engine),
		sendOtlp: (body) => post(engines.loki.otlpUrl, body),
		push: (stream, lines) =>
			post(
				`${url}/loki/api/v1/push`,
				JSON.stringify({ streams: [{ stream, values: lines.map(([time, line]) => [String(time), line]) }] }),
			),
		async close() {
			await engine.close();
			await engines.stop();
			await rm(dir, { recursive: true, force: true });
		},
	};
}
