import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { ProblemError } from "./api/problem.ts";
import { guard } from "./guard.ts";

interface Case {
	name: string;
	method?: string;
	url?: string;
	headers: Record<string, string>;
	token?: string;
	allowedHosts?: string[];
	/** Status of the refusal; absent: let through. */
	refused?: number;
}

const json = { "content-type": "application/json" };

const CASES: Case[] = [
	{ name: "lets a browser on localhost read", headers: { host: "localhost:3000" } },
	{ name: "lets 127.0.0.1 and [::1] read", headers: { host: "[::1]:3000" } },
	{ name: "refuses a foreign host, as DNS rebinding sends it", headers: { host: "evil.example:3000" }, refused: 403 },
	{ name: "refuses a host that only begins like ours", headers: { host: "localhost.evil.example" }, refused: 403 },
	{ name: "refuses a request without a host", headers: {}, refused: 403 },
	{ name: "answers to a host it was told of", headers: { host: "trivet.lan:3000" }, allowedHosts: ["trivet.lan"] },
	{
		name: "lets the pages' own requests change things",
		method: "PUT",
		headers: { host: "localhost:3000", origin: "http://localhost:3000", ...json },
	},
	{
		name: "refuses a foreign origin",
		method: "POST",
		headers: { host: "localhost:3000", origin: "https://evil.example", ...json },
		refused: 403,
	},
	{
		name: "refuses another port's page as a foreign origin",
		method: "POST",
		headers: { host: "localhost:3000", origin: "http://localhost:8080", ...json },
		refused: 403,
	},
	{
		name: "refuses an opaque origin",
		method: "POST",
		headers: { host: "localhost:3000", origin: "null", ...json },
		refused: 403,
	},
	{
		name: "refuses a foreign page's reads as well",
		headers: { host: "localhost:3000", "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" },
		refused: 403,
	},
	{
		name: "lets a link on another site open a page",
		headers: { host: "localhost:3000", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
	},
	{
		name: "refuses a form's content type, which needs no preflight",
		method: "POST",
		headers: { host: "localhost:3000", "content-type": "text/plain" },
		refused: 415,
	},
	{
		name: "takes files for imports",
		method: "POST",
		url: "/api/import?name=x",
		headers: { host: "localhost:3000", "content-type": "application/octet-stream" },
	},
	{ name: "demands the token when there is one", headers: { host: "localhost" }, token: "s3cret-token", refused: 401 },
	{
		name: "takes the token as bearer",
		headers: { host: "localhost", authorization: "Bearer s3cret-token" },
		token: "s3cret-token",
	},
	{
		name: "takes the token as cookie",
		headers: { host: "localhost", cookie: "a=b; trivet_token=s3cret-token" },
		token: "s3cret-token",
	},
	{
		name: "takes the token in the address once",
		url: "/?token=s3cret-token",
		headers: { host: "localhost" },
		token: "s3cret-token",
	},
	{
		name: "refuses a wrong token of the same length",
		headers: { host: "localhost", authorization: "Bearer s3cret-tokem" },
		token: "s3cret-token",
		refused: 401,
	},
];

describe("the guard", () => {
	test.each(CASES)("$name", ({ method = "GET", url = "/api/status", headers, token, allowedHosts = [], refused }) => {
		const request = { method, url, headers } as unknown as IncomingMessage;
		const pass = (): void => guard(request, { allowedHosts, token: token ?? null });
		if (refused === undefined) {
			expect(pass).not.toThrow();
			return;
		}
		expect(pass).toThrow(ProblemError);
		try {
			pass();
		} catch (error) {
			expect((error as ProblemError).problem.status).toBe(refused);
		}
	});
});
