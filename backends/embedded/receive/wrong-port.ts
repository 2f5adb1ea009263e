/** Answers for those who mistake the port of OTLP/HTTP for that of OTLP/gRPC. */
import type { Duplex } from "node:stream";

/** What Node's HTTP/1 parser says at HTTP/2's preface. */
const HTTP2_PREFACE = "HPE_PAUSED_H2_UPGRADE";
/** RFC 9113, 6 and 7. */
const SETTINGS = 0x4;
const GOAWAY = 0x7;
const HTTP_1_1_REQUIRED = 0xd;

/** A `clientError` of the HTTP server, answered; true when the client spoke HTTP/2, as gRPC does. */
export function answerClientError(error: Error & { code?: string }, socket: Duplex, grpcPort: number | null): boolean {
	if (!socket.writable || socket.destroyed) {
		socket.destroy();
		return false;
	}
	// Time to read the answer, while what still comes is forgotten.
	socket.resume();
	setTimeout(() => socket.destroy(), 500).unref();
	if (error.code === HTTP2_PREFACE) {
		socket.end(Buffer.concat([frame(SETTINGS, Buffer.alloc(0)), goAway(goToGrpc(grpcPort))]));
		return true;
	}
	const status =
		error.code === "ERR_HTTP_REQUEST_TIMEOUT"
			? "408 Request Timeout"
			: error.code === "HPE_HEADER_OVERFLOW"
				? "431 Request Header Fields Too Large"
				: "400 Bad Request";
	socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
	return false;
}

export const goToGrpc = (grpcPort: number | null): string =>
	`This is Trivet's OTLP/HTTP receiver: OTLP over gRPC goes to ${grpcPort === null ? "a port of its own, which is not open here" : `port ${grpcPort}`}.`;

/** gRPC clients show its text in their error. */
function goAway(text: string): Buffer {
	const fixed = Buffer.alloc(8);
	fixed.writeUInt32BE(HTTP_1_1_REQUIRED, 4);
	return frame(GOAWAY, Buffer.concat([fixed, Buffer.from(text)]));
}

function frame(type: number, payload: Buffer): Buffer {
	const header = Buffer.alloc(9);
	header.writeUIntBE(payload.length, 0, 3);
	header[3] = type;
	return Buffer.concat([header, payload]);
}
