import { connect } from "node:net";

/** How the measured app's answer ends: nothing else of it is read, so that asking stays cheap. */
const END = '{"ok":true}';

export interface LoadTotal {
	requests: number;
	seconds: number;
}

/**
 * Requests over keep-alive loopback connections, each sending its next one when it was answered.
 * @param more asked before every request. Rejects when an answer is not a 200.
 */
export async function keepAliveLoad(port: number, connections: number, more: () => boolean): Promise<LoadTotal> {
	const beganMs = performance.now();
	let requests = 0;
	await Promise.all(
		Array.from({ length: connections }, () =>
			oneConnection(port, () => {
				if (!more()) return undefined;
				requests++;
				return `GET /orders/${requests} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUser-Agent: bench\r\n\r\n`;
			}),
		),
	);
	return { requests, seconds: (performance.now() - beganMs) / 1000 };
}

function oneConnection(port: number, next: () => string | undefined): Promise<void> {
	return new Promise((resolve, reject) => {
		const socket = connect({ port, host: "127.0.0.1", noDelay: true }).setEncoding("latin1");
		let answer = "";
		let over = false;
		const go = () => {
			const request = next();
			if (request === undefined) {
				over = true;
				socket.end();
				return resolve();
			}
			socket.write(request);
		};
		socket.on("connect", go);
		socket.on("data", (chunk: string) => {
			answer += chunk;
			if (!answer.endsWith(END)) return;
			if (!answer.startsWith("HTTP/1.1 200"))
				return socket.destroy(new Error(`the app answered ${answer.slice(0, 40)}`));
			answer = "";
			go();
		});
		socket.on("error", (error) => (over ? resolve() : reject(error)));
		socket.on("close", () => (over ? resolve() : reject(new Error("the app hung up"))));
	});
}
