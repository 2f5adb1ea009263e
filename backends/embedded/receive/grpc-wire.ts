/** gRPC over HTTP/2 as far as unary calls need it: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
import type { ServerHttp2Stream } from "node:http2";
import { PbfWriter } from "pbf";
import { type BodyLimits, readBody } from "./body.ts";
import type { Budget } from "./budget.ts";

/** The status codes in use here. */
export const OK = 0;
export const INVALID_ARGUMENT = 3;
export const DEADLINE_EXCEEDED = 4;
export const RESOURCE_EXHAUSTED = 8;
export const UNIMPLEMENTED = 12;
export const INTERNAL = 13;
export const UNAVAILABLE = 14;

/** A call that is answered with a status other than OK. */
export class GrpcError extends Error {
	readonly code: number;
	/** Seconds; absent when sending it again is of no use. */
	readonly retryAfterS: number | undefined;
	constructor(code: number, message: string, retryAfterS?: number) {
		super(message);
		this.code = code;
		this.retryAfterS = retryAfterS;
	}
}

export const ENCODINGS = ["identity", "gzip", "deflate"] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** A flag for compression, then the message's length in four bytes. */
const PREFIX_BYTES = 5;

/**
 * The call's only message, inflated; its length stays taken from the budget (the caller gives it back). Throws `GrpcError` for what is
 * wrong with the frame and `BodyError` for what is wrong with the message, with nothing left taken.
 */
export async function readMessage(
	stream: ServerHttp2Stream,
	encoding: Encoding,
	limits: BodyLimits,
	budget: Budget,
): Promise<Buffer> {
	const prefix = await readPrefix(stream);
	const compressed = prefix[0]!;
	const length = prefix.readUInt32BE(1);
	if (compressed > 1) throw new GrpcError(INTERNAL, `the message's compressed flag is ${compressed}, not 0 or 1`);
	if (compressed === 1 && encoding === "identity")
		throw new GrpcError(INTERNAL, "the message is compressed, but grpc-encoding does not say how");
	if (length > limits.maxBytes) {
		throw new GrpcError(
			RESOURCE_EXHAUSTED,
			`the message has ${length} bytes, ${limits.maxBytes} are allowed: send smaller batches`,
		);
	}
	const body = await readBody(stream, compressed ? encoding : "identity", { ...limits, maxBytes: length }, budget);
	if (!compressed && body.length < length) {
		budget.give(body.length);
		throw new GrpcError(INTERNAL, `the message ends after ${body.length} of ${length} bytes`);
	}
	return body;
}

function readPrefix(stream: ServerHttp2Stream): Promise<Buffer> {
	return new Promise((resolve, reject) => {
		let got: Buffer = Buffer.alloc(0);
		const end = () => {
			stream.removeListener("data", onData);
			stream.removeListener("end", onEnd);
			stream.removeListener("close", onEnd);
			stream.pause();
		};
		const onData = (chunk: Buffer) => {
			got = got.length === 0 ? chunk : Buffer.concat([got, chunk]);
			if (got.length < PREFIX_BYTES) return;
			end();
			if (got.length > PREFIX_BYTES) stream.unshift(got.subarray(PREFIX_BYTES));
			resolve(got.subarray(0, PREFIX_BYTES));
		};
		const onEnd = () => {
			end();
			reject(new GrpcError(INTERNAL, `a call brings one message; this one ended after ${got.length} bytes`));
		};
		stream.on("data", onData);
		stream.on("end", onEnd);
		stream.on("close", onEnd);
	});
}

const HEADERS = {
	":status": 200,
	"content-type": "application/grpc",
	"grpc-accept-encoding": ENCODINGS.join(","),
};

export function answer(stream: ServerHttp2Stream, message: Uint8Array): void {
	if (stream.destroyed || stream.headersSent) return;
	stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": String(OK) }));
	stream.respond(HEADERS, { waitForTrailers: true });
	const framed = Buffer.alloc(PREFIX_BYTES + message.length);
	framed.writeUInt32BE(message.length, 1);
	framed.set(message, PREFIX_BYTES);
	stream.end(framed);
}

/** Ends the call, and asks the client to stop when it is still sending. */
export function refuse(stream: ServerHttp2Stream, error: GrpcError): void {
	if (stream.destroyed || stream.headersSent) return;
	stream.respond(
		{
			...HEADERS,
			"grpc-status": String(error.code),
			"grpc-message": percentEncoded(error.message),
			...(error.retryAfterS === undefined ? {} : { "grpc-status-details-bin": retryDetails(error) }),
		},
		{ endStream: true },
	);
	stream.close();
	// What was on its way is read and forgotten: a stream is only gone when its end was seen.
	stream.resume();
}

/** `google.rpc.Status` with a `RetryInfo`, which OTLP's senders heed: https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-throttling */
function retryDetails({ code, message, retryAfterS = 0 }: GrpcError): string {
	const status = new PbfWriter();
	status.writeVarintField(1, code);
	status.writeStringField(2, message);
	status.writeMessage(
		3,
		(_: null, any: PbfWriter) => {
			any.writeStringField(1, "type.googleapis.com/google.rpc.RetryInfo");
			any.writeMessage(
				2,
				(_: null, info: PbfWriter) => {
					info.writeMessage(
						1,
						(_: null, duration: PbfWriter) => {
							duration.writeVarintField(1, retryAfterS);
						},
						null,
					);
				},
				null,
			);
		},
		null,
	);
	return Buffer.from(status.finish()).toString("base64").replace(/=+$/, "");
}

function percentEncoded(message: string): string {
	return Array.from(Buffer.from(message.slice(0, 1_000), "utf8"), (byte) =>
		byte < 0x20 || byte > 0x7e || byte === 0x25
			? `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
			: String.fromCharCode(byte),
	).join("");
}
