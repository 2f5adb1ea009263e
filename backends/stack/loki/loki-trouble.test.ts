/** A Loki that is away, slow, behind a password or not a Loki at all. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { callOf } from "../../conformance/scene.ts";
import { Engine, type EngineSettings } from "../engine.ts";
import { LokiLogs } from "./loki-logs.ts";
import { settingsOf } from "./testing-loki.ts";

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
	for (const close of closing.splice(0)) await close();
});

async function serving(answer: Answering, changes: Partial<EngineSettings> = {}): Promise<LokiLogs> {
	const server = createServer((request, response) => {
		request.resume();
		request.on("end", () => answer(request, response));
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const engine = new Engine("Loki", settingsOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, changes));
	closing.push(async () => {
		server.closeAllConnections();
		server.close();
		await engine.close();
	});
	return new LokiLogs(engine);
}

const window = { fromUnixNano: 1_700_000_000_000_000_000n, toUnixNano: 1_700_000_060_000_000_000n };
const query = { window, filter: null, order: "oldest" } as const;

/** As Loki answers when nothing is in it but one label. */
const almostLoki: Answering = (request, response) => {
	const { pathname } = new URL(request.url ?? "/", "http://x");
	const data = pathname.endsWith("/labels") ? ["service_name"] : { resultType: "streams", result: [] };
	response.setHeader("content-type", "application/json").end(JSON.stringify({ status: "success", data }));
};

describe("Loki in trouble", () => {
	it("one that is down is named in one sentence, and so is its health", async () => {
		const logs = await serving(almostLoki);
		for (const close of closing.splice(0)) await close();
		const gone = new Engine("Loki", settingsOf("http://127.0.0.1:9"));
		closing.push(() => gone.close());
		await expect(new LokiLogs(gone).logs(query, callOf())).rejects.toThrow(
			/^Loki cannot be reached at 127\.0\.0\.1:9 /,
		);
		expect((await new LokiLogs(gone).health()).state).toBe("down");
		expect(logs).toBeDefined();
	});

	it("one that does not answer is given up when the call's time is over", async () => {
		const logs = await serving(() => undefined);
		await expect(logs.logs(query, callOf({ deadlineMs: 100 }))).rejects.toMatchObject({ name: "DeadlineExceeded" });
	});

	it("one that stops answering on the way back leaves a partial answer that says how far it came", async () => {
		let asked = 0;
		const logs = await serving((request, response) => {
			const { pathname } = new URL(request.url ?? "/", "http://x");
			if (pathname.endsWith("/query_range") && ++asked > 2) return;
			almostLoki(request, response);
		});
		const answer = await logs.logs({ ...query, window: null, traceId: "a".repeat(32) }, callOf({ deadlineMs: 1_000 }));
		expect([answer.status, answer.data]).toEqual(["partial", []]);
		expect(answer.reasons[0]).toMatch(/^there was time to look back to 20\d\d-/);
	});

	it.each<[string, string, RegExp]>([
		["text", "<html>hello</html>", /no JSON: <html>/],
		["another shape", '{"data":{"resultType":"streams","result":[{"stream":1}]}}', /unknown shape/],
	])("one that answers with %s is no Loki", async (_, body, expected) => {
		const logs = await serving((request, response) => {
			if ((request.url ?? "").includes("/labels")) almostLoki(request, response);
			else response.end(body);
		});
		await expect(logs.logs(query, callOf())).rejects.toThrow(expected);
	});

	it("the tenant and the password arrive with every question", async () => {
		const seen: unknown[] = [];
		const logs = await serving(
			(request, response) => {
				seen.push([request.headers["x-scope-orgid"], request.headers.authorization]);
				almostLoki(request, response);
			},
			{ tenant: "team-a", headers: { authorization: "Basic dTpw" } },
		);
		expect((await logs.logs(query, callOf())).status).toBe("empty");
		await logs.health();
		expect(seen.length).toBeGreaterThan(2);
		expect(new Set(seen.map(String))).toEqual(new Set(["team-a,Basic dTpw"]));
	});

	it.each(["nonsense", "", Buffer.from("1,2,3").toString("base64url"), Buffer.from("1,-2").toString("base64url")])(
		"the cursor %j is refused",
		async (cursor) => {
			const logs = await serving(almostLoki);
			await expect(logs.logs(query, callOf({ cursor }))).rejects.toMatchObject({ name: "InvalidInput" });
		},
	);
});
