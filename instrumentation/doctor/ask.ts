import http from "node:http";
import http2 from "node:http2";
import https from "node:https";

export interface Answer {
	status: number;
	headers: http.IncomingHttpHeaders;
	body: string;
	/** How long it took, milliseconds. */
	tookMs: number;
	/** By the other side's `Date`, how far this machine's clock is ahead, milliseconds; undefined when it sent none. */
	aheadMs: number | undefined;
}

export interface Ask {
	method?: "GET" | "POST";
	headers?: Readonly<Record<string, string | number>>;
	body?: string | Buffer;
	timeoutMs: number;
	/** Longest answer that is read, bytes. */
	limit?: number;
}

/** One request on a connection of its own. Rejects with the socket's error, whose `code` tells what happened. */
export function ask(
	url: string,
	{ method = "GET", headers, body, timeoutMs, limit = 1_000_000 }: Ask,
): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const startMs = Date.now();
		const send = url.startsWith("https:") ? https.request : http.request;
		const request = send(
			url,
			{
				method,
				agent: false,
				headers: { ...headers, ...(body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) }) },
			},
			(response) => {
				let text = "";
				response.setEncoding("utf8");
				response.on("data", (chunk: string) => {
					text += chunk;
					if (text.length > limit) {
						response.destroy(new Error(`the answer is longer than ${limit} bytes`));
					}
				});
				response.on("error", reject);
				response.on("end", () => {
					clearTimeout(timer);
					const nowMs = Date.now();
					const dateMs = Date.parse(response.headers.date ?? "");
					resolve({
						status: response.statusCode ?? 0,
						headers: response.headers,
						body: text,
						tookMs: nowMs - startMs,
						// The header is cut to whole seconds.
						aheadMs: Number.isNaN(dateMs) ? undefined : (startMs + nowMs) / 2 - (dateMs + 500),
					});
				});
			},
		);
		const timer = setTimeout(
			() => request.destroy(Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: "ETIMEDOUT" })),
			timeoutMs,
		);
		request.on("error", (error) => {
			clearTimeout(timer);
			reject(error);
		});
		request.end(body);
	});
}

/** Whether whoever listens there speaks HTTP/2 from the first byte, as gRPC servers do and OTLP/HTTP receivers do not. */
export function speaksHttp2(url: string, timeoutMs: number): Promise<boolean> {
	return new Promise((resolve) => {
		const session = http2.connect(url);
		const done = (answer: boolean): void => {
			clearTimeout(timer);
			session.destroy();
			resolve(answer);
		};
		const timer = setTimeout(() => done(false), timeoutMs);
		session.once("remoteSettings", () => done(true));
		session.once("close", () => done(false));
		session.on("error", () => done(false));
	});
}
