import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { contentOf } from "./otlp-counts.ts";

/** What has arrived since the last `forget`. */
export interface SinkCounts {
	url: string;
	spans: number;
	lines: number;
	metrics: number;
	/** Different `log.record.sequence`s. */
	sequences: number;
	/** Lines that records said were lost. */
	lost: number;
	/** `trivet_exported_total` as it was last told, by `item outcome`. */
	exported: Record<string, number>;
}

/** A collector that takes everything over OTLP/HTTP, protobuf or JSON, and keeps the numbers only. */
const none = { spans: 0, lines: 0, metrics: 0 };
let counts = { ...none };
let exported: Record<string, number> = {};
let lost = 0;
const sequences = new Set<number>();
const PATHS: Record<string, keyof typeof none> = {
	"/v1/traces": "spans",
	"/v1/logs": "lines",
	"/v1/metrics": "metrics",
};
/** Numbers are remembered for a burst, not for a soak. */
const MOST_SEQUENCES = 1_000_000;

const server = createServer((request, response) => {
	const chunks: Buffer[] = [];
	request.on("data", (chunk: Buffer) => void chunks.push(chunk));
	request.on("end", () => {
		const signal = PATHS[request.url ?? ""];
		const type = request.headers["content-type"];
		response.writeHead(200, { "content-type": type ?? "application/json" });
		response.end(type?.includes("json") ? "{}" : undefined);
		if (signal === undefined) return;
		const content = contentOf(Buffer.concat(chunks), type);
		counts[signal] += content.items;
		lost += content.lost;
		if (Object.keys(content.exported).length > 0) exported = content.exported;
		if (sequences.size < MOST_SEQUENCES) for (const one of content.sequences) sequences.add(one);
	});
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => answer());

process.on("message", (message: { forget: boolean }) => {
	if (message.forget) {
		counts = { ...none };
		exported = {};
		lost = 0;
		sequences.clear();
	}
	answer();
});
process.on("SIGTERM", () => process.exit(0));

function answer(): void {
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const now: SinkCounts = { url, ...counts, sequences: sequences.size, lost, exported };
	process.send?.(now);
}
