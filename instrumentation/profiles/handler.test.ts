import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { profileHandler } from "./handler.ts";

const TOKEN = "a-token-of-profiles";
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };

const server = createServer(profileHandler({ token: TOKEN, service: "cart", traces: undefined }));
let profiles: string;
beforeAll(async () => {
	await once(server.listen(0, "127.0.0.1"), "listening");
	profiles = `http://127.0.0.1:${(server.address() as AddressInfo).port}/profiles`;
});
afterAll(() => {
	server.closeAllConnections();
	server.close();
});

it.each([
	["without a token", {}, "cpu", 401, /Authorization: Bearer/, "Bearer"],
	["with another scheme", { authorization: `Basic ${TOKEN}` }, "cpu", 401, /Authorization: Bearer/, "Bearer"],
	["with a wrong token", { authorization: `Bearer ${TOKEN}x` }, "heap", 401, /not the token/, /invalid_token/],
	["for something else", AUTHORIZED, "disk", 404, /\/cpu and \/heap/, null],
	["for too long", AUTHORIZED, "cpu?seconds=61", 400, /seconds=61 is not a number from 1 to 60/, null],
	["for no time", AUTHORIZED, "cpu?seconds=0", 400, /seconds=0 /, null],
	["for no number", AUTHORIZED, "cpu?seconds=1e1", 400, /seconds=1e1 /, null],
	["in a format that is none", AUTHORIZED, "heap?format=cpuprofile", 400, /heapprofile or pprof/, null],
	["in a type that is none", { ...AUTHORIZED, accept: "image/png" }, "cpu", 406, /application\/json/, null],
	["for a pid that is none", AUTHORIZED, "cpu?pid=-1", 400, /pid=-1 is not the number/, null],
	["for a process that is no worker", AUTHORIZED, "cpu?pid=1", 404, /pid=1 is no worker .*there are none/, null],
	["with a flag that is none", AUTHORIZED, "heap?collected=perhaps", 400, /true or false/, null],
])("asking %s is told so in a problem document", async (_what, headers, path, status, detail, challenge) => {
	const response = await fetch(`${profiles}/${path}`, { headers: headers as Record<string, string> });
	expect(response.status).toBe(status);
	expect(response.headers.get("content-type")).toBe("application/problem+json");
	expect(response.headers.get("www-authenticate")).toEqual(
		challenge === null ? null : expect.stringMatching(challenge),
	);
	const problem = (await response.json()) as { type: string; title: string; status: number; detail: string };
	expect(problem).toEqual({
		type: "about:blank",
		title: expect.any(String),
		status,
		detail: expect.stringMatching(detail),
	});
	expect(problem.detail).not.toContain(TOKEN);
});

it("by POST is told which method is right", async () => {
	const response = await fetch(`${profiles}/cpu`, { headers: AUTHORIZED, method: "POST" });
	expect([response.status, response.headers.get("allow")]).toEqual([405, "GET"]);
});

it.each([
	["application/json;q=0.4, application/octet-stream", "application/octet-stream"],
	["application/octet-stream;q=0, */*", "application/json"],
	["application/*", "application/json"],
	["text/html, application/xhtml+xml, */*;q=0.8", "application/json"],
])("Accept: %s is answered with %s", async (accept, type) => {
	const response = await fetch(`${profiles}/heap?seconds=1`, { headers: { ...AUTHORIZED, accept } });
	expect([response.status, response.headers.get("content-type")]).toEqual([200, type]);
	await response.arrayBuffer();
});
