/** What the receiver answers, in the request's own encoding (OTLP/HTTP: Export*ServiceResponse, or google.rpc.Status for errors). */
import { PbfWriter } from "pbf";
import type { Signal } from "../../../core/model.ts";
import type { IngestResult } from "../../../core/ports.ts";

/** The encodings clients speak. */
export type WireType = "protobuf" | "json";

const REJECTED_FIELD: Record<Signal, string> = {
	traces: "rejectedSpans",
	logs: "rejectedLogRecords",
	metrics: "rejectedDataPoints",
};

export function exportResponse(signal: Signal, type: WireType, result: IngestResult): Buffer {
	const partial = result.rejected > 0 || result.reason !== "";
	if (type === "json") {
		const body = partial
			? { partialSuccess: { [REJECTED_FIELD[signal]]: String(result.rejected), errorMessage: result.reason } }
			: {};
		return Buffer.from(JSON.stringify(body));
	}
	const writer = new PbfWriter();
	if (partial) {
		writer.writeMessage(
			1,
			(_: null, message: PbfWriter) => {
				message.writeVarintField(1, result.rejected);
				message.writeStringField(2, result.reason);
			},
			null,
		);
	}
	return Buffer.from(writer.finish());
}

/** gRPC status codes, as OTLP's error bodies carry them. */
const CODES: Record<number, number> = { 400: 3, 403: 7, 404: 5, 405: 12, 413: 8, 415: 3, 429: 8, 503: 14 };

export function errorResponse(type: WireType, status: number, message: string): Buffer {
	const code = CODES[status] ?? 2;
	if (type === "json") return Buffer.from(JSON.stringify({ code, message }));
	const writer = new PbfWriter();
	writer.writeVarintField(1, code);
	writer.writeStringField(2, message);
	return Buffer.from(writer.finish());
}
