/** What a client on a new connection speaks, by its first bytes: the two ports are mistaken for each other more often than not. */
import type { Socket } from "node:net";

export type Spoken = "http/2" | "http/1" | "tls" | "nothing known";

/** RFC 9113, 3.4. */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const TLS_HANDSHAKE = 0x16;

/**
 * Reads until it is clear, and puts the bytes back. The socket is paused then. Null when the connection ends before, or when it takes
 * longer than `withinMs`.
 */
export function firstSpoken(socket: Socket, withinMs: number): Promise<Spoken | null> {
	return new Promise((resolve) => {
		let got: Buffer = Buffer.alloc(0);
		const end = (spoken: Spoken | null) => {
			clearTimeout(timer);
			socket.removeListener("data", onData);
			socket.removeListener("close", onClose);
			socket.pause();
			if (spoken !== null) socket.unshift(got);
			resolve(spoken);
		};
		const onData = (chunk: Buffer) => {
			got = Buffer.concat([got, chunk]);
			const spoken = spokenBy(got);
			if (spoken !== null) end(spoken);
		};
		const onClose = () => end(null);
		const timer = setTimeout(onClose, withinMs);
		socket.on("data", onData);
		socket.on("close", onClose);
	});
}

/** Null: more bytes will tell. */
function spokenBy(got: Buffer): Spoken | null {
	if (got[0] === TLS_HANDSHAKE) return "tls";
	const length = Math.min(got.length, PREFACE.length);
	if (PREFACE.subarray(0, length).equals(got.subarray(0, length))) return got.length < PREFACE.length ? null : "http/2";
	const start = got.subarray(0, 12).toString("latin1");
	if (/^[A-Z]{3,10} \S/.test(start)) return "http/1";
	return /^[A-Z]{1,10} ?$/.test(start) ? null : "nothing known";
}
