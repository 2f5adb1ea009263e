import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiError, fetchJson, withQuery } from "./fetch-json.ts";

/** A real server that answers what the path names. */
let server: Server;
let base = "";
const ANSWERS: Record<string, { status: number; type: string; body: string }> = {
	"/ok": { status: 200, type: "application/json", body: '{"fine":true}' },
	"/problem": {
		status: 400,
		type: "application/problem+json",
		body: '{"type":"about:blank","title":"Invalid input","status":400,"detail":"\\"x\\" is not a time","hints":["write now-15m"]}',
	},
	"/html": { status: 502, type: "text/html", body: "<h1>Bad gateway</h1>" },
	"/half": { status: 200, type: "application/json", body: '{"fine":' },
};

beforeAll(async () => {
	server = createServer((request, response) => {
		const { status, type, body } = ANSWERS[request.url ?? ""] ?? { status: 404, type: "text/plain", body: "" };
		response.writeHead(status, { "content-type": type }).end(body);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const failure = (path: string): Promise<ApiError> =>
	fetchJson(path).then(
		() => {
			throw new Error("it should have failed");
		},
		(error: ApiError) => error,
	);

describe("asking the API", () => {
	it("gives the answer", async () => expect(await fetchJson(`${base}/ok`)).toEqual({ fine: true }));

	it("turns a problem into its sentence and hints", async () => {
		const error = await failure(`${base}/problem`);
		expect(error).toBeInstanceOf(ApiError);
		expect(error).toMatchObject({
			status: 400,
			title: "Invalid input",
			message: '"x" is not a time',
			hints: ["write now-15m"],
		});
	});

	it("says so when what answers is not the API", async () => {
		expect(await failure(`${base}/html`)).toMatchObject({ status: 502, title: "HTTP 502" });
	});

	it("says so when the answer breaks off", async () => {
		expect(await failure(`${base}/half`)).toMatchObject({ title: "Unreadable answer" });
	});

	it("says so when nothing answers", async () => {
		const gone = createServer();
		await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
		const { port } = gone.address() as AddressInfo;
		await new Promise((resolve) => gone.close(resolve));
		expect(await failure(`http://127.0.0.1:${port}/`)).toMatchObject({ status: 0, title: "Trivet does not answer" });
	});

	it("lets an aborted request reject as aborted", async () => {
		const abort = new AbortController();
		abort.abort();
		await expect(fetchJson(`${base}/ok`, { signal: abort.signal })).rejects.toMatchObject({ name: "AbortError" });
	});
});

describe("a query", () => {
	it("leaves out what says nothing", () => {
		expect(withQuery("/api/x", { a: "1", b: undefined, c: null, d: "", e: false, f: 0, g: true })).toBe(
			"/api/x?a=1&f=0&g=true",
		);
	});
	it("escapes what it carries", () => expect(withQuery("/x", { q: "a&b=c" })).toBe("/x?q=a%26b%3Dc"));
});
