/** What the console says when Tempo is away, slow, limited, or not Tempo at all. The server here answers as the real one was seen to. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { TraceQuery } from "../../../core/ports.ts";
import { callOf, everyPage } from "../../conformance/scene.ts";
import { type SpanSpec, spans } from "../../conformance/telemetry.ts";
import { encodeOtlp } from "../../embedded/receive/otlp-encoder.ts";
import { TempoTraces } from "./tempo-traces.ts";
import { engineAt } from "./testing-tempo.ts";

const start = 1_700_000_000_000_000_000n;
const id = (n: number) => n.toString(16).padStart(32, "a");
const query: TraceQuery = {
	window: { fromUnixNano: start, toUnixNano: start + 3_600_000_000_000n },
	filter: null,
	status: null,
	order: "newest",
};

type Respond = (url: URL, response: ServerResponse, request: IncomingMessage) => void;
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
	for (const close of open.splice(0)) await close();
});

async function tempoThat(respond: Respond): Promise<TempoTraces> {
	const server = createServer((request, response) =>
		respond(new URL(request.url ?? "/", "http://x"), response, request),
	);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const engine = engineAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
	open.push(async () => {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
		await engine.close();
	});
	return new TempoTraces(engine);
}

const span = (n: number, more: Partial<SpanSpec> = {}): SpanSpec => ({
	traceId: id(n),
	spanId: (0xabcdef0000000000n + BigInt(n)).toString(16),
	service: "shop",
	name: `op ${n}`,
	start: start + BigInt(n) * 1_000_000_000n,
	durationNs: 1_500_000,
	...more,
});

/** `TraceByIDResponse`: the trace, and whether Tempo holds something back. */
function traceBytes(specs: SpanSpec[], message?: string): Buffer {
	const trace = encodeOtlp("TracesRequest", JSON.parse(spans(...specs).body));
	const field = (tag: number, bytes: Uint8Array) => Buffer.concat([Buffer.from([tag]), length(bytes.length), bytes]);
	return Buffer.concat([
		field(0x0a, trace),
		...(message === undefined ? [] : [Buffer.from([0x18, 1]), field(0x22, Buffer.from(message))]),
	]);
}

function length(value: number): Buffer {
	const bytes: number[] = [];
	for (let rest = value; ; rest >>>= 7) {
		if (rest < 128) return Buffer.from([...bytes, rest]);
		bytes.push((rest & 127) | 128);
	}
}

const listed = (n: number) => ({
	traceID: id(n),
	rootServiceName: "shop",
	rootTraceName: `op ${n}`,
	startTimeUnixNano: String(start + BigInt(n) * 1_000_000_000n),
	durationMs: 1,
	serviceStats: { shop: { spanCount: 1 } },
	spanSets: [{ matched: 1, spans: [{ startTimeUnixNano: String(start + BigInt(n) * 1_000_000_000n) }] }],
});

/** Search as Tempo does it: the most recent `limit` of the traces that overlap whole seconds. */
function search(url: URL, of: readonly number[]): object {
	const [from = 0, to = 0, limit = 0] = ["start", "end", "limit"].map((name) => Number(url.searchParams.get(name)));
	const seconds = (n: number) => Number(start / 1_000_000_000n) + n;
	const found = of.filter((n) => seconds(n) >= from && seconds(n) <= to).sort((a, b) => b - a);
	return { traces: found.slice(0, limit).map(listed) };
}

const numberOf = (url: URL) => Number.parseInt(url.pathname.slice(-4).replace(/^a+/, ""), 16);

describe("Tempo in trouble", () => {
	it("away: each question fails with one sentence, and the status says down", async () => {
		const traces = await tempoThat((_, response) => response.destroy());
		for (const close of open.splice(0)) await close();
		const gone = new TempoTraces(engineAt("http://127.0.0.1:1"));
		await expect(gone.trace(id(1), callOf())).rejects.toThrow(/^Tempo cannot be reached at 127\.0\.0\.1:1 /);
		await expect(gone.search(query, callOf())).rejects.toMatchObject({ name: "Unavailable" });
		expect(await gone.health()).toMatchObject({ state: "down", latencyMs: null });
		await expect(traces.trace(id(1), callOf())).rejects.toThrow();
	});

	it("slow: a look-up fails at its deadline", async () => {
		const traces = await tempoThat(() => {});
		await expect(traces.trace(id(1), callOf({ deadlineMs: 60 }))).rejects.toMatchObject({ name: "DeadlineExceeded" });
		await expect(traces.search(query, callOf({ deadlineMs: 60 }))).rejects.toMatchObject({ name: "DeadlineExceeded" });
	});

	it("slow with one trace of a search: what came in time is given, partial, with a page to go on", async () => {
		const traces = await tempoThat((url, response) => {
			if (url.pathname === "/api/search") response.end(JSON.stringify(search(url, [1, 2, 3])));
			else if (numberOf(url) !== 2) response.end(traceBytes([span(numberOf(url))]));
		});
		const answer = await traces.search(query, callOf({ deadlineMs: 500 }));
		expect(answer.status).toBe("partial");
		expect(answer.reasons.join()).toMatch(/longer than 500 ms/);
		expect(answer.data.map((trace) => trace.traceId)).toEqual([id(3), id(1)]);
		expect(answer.nextCursor).toBeDefined();
	});

	it.each([
		["a page", "<!doctype html><title>Sign in</title>"],
		["other bytes", "\u0001\u0002\u0003"],
		["other JSON", '{"traces":[{"traceID":7}]}'],
		["a list", "[]"],
	])("not Tempo at all, %s: says so", async (_, body) => {
		const traces = await tempoThat((_url, response) => response.end(body));
		await expect(traces.trace(id(1), callOf())).rejects.toMatchObject({ name: "Unavailable" });
		await expect(traces.search(query, callOf())).rejects.toThrow(/^Tempo answered /);
	});

	it("failing: its own words are in the sentence", async () => {
		const traces = await tempoThat((_, response) => {
			response.statusCode = 500;
			response.end("response larger than the max (19732235 vs 16777216)");
		});
		await expect(traces.trace(id(1), callOf())).rejects.toThrow(/500: response larger than the max/);
	});

	it("unknown: 404 and an empty trace are both an unknown trace", async () => {
		for (const status of [404, 200]) {
			const traces = await tempoThat((_, response) => {
				response.statusCode = status;
				response.end();
			});
			expect(await traces.trace(id(1), callOf())).toMatchObject({ status: "empty", data: [], source: "tempo" });
		}
	});

	it("a trace that Tempo cut is partial in its own words", async () => {
		const message = "Trace exceeds maximum size of 5000000 bytes, a partial trace is returned";
		const traces = await tempoThat((_, response) => response.end(traceBytes([span(1)], message)));
		expect(await traces.skeleton(id(1), callOf())).toMatchObject({ status: "partial", reasons: [message] });
	});

	it("a trace that cannot be looked up is listed as the search knows it", async () => {
		const traces = await tempoThat((url, response) => {
			if (url.pathname === "/api/search") return response.end(JSON.stringify(search(url, [1])));
			response.statusCode = 500;
			response.end("too large");
		});
		const answer = await traces.search(query, callOf());
		expect(answer).toMatchObject({ status: "partial", data: [{ rootName: "op 1", spanCount: 1, durationNs: 1e6 }] });
		expect(answer.reasons.join()).toMatch(/too large/);
	});

	it("a longest window and a largest limit are learned, and everything is found within them", async () => {
		const asked: number[] = [];
		const all = Array.from({ length: 40 }, (_, i) => i * 60);
		const traces = await tempoThat((url, response) => {
			if (url.pathname !== "/api/search") return response.end(traceBytes([span(numberOf(url))]));
			const seconds = Number(url.searchParams.get("end")) - Number(url.searchParams.get("start"));
			const limit = Number(url.searchParams.get("limit"));
			response.statusCode = 400;
			if (seconds > 600) return response.end("range specified by start and end exceeds 10m0s. received start=1 end=2");
			if (limit > 7) return response.end(`limit ${limit} exceeds max limit 7`);
			response.statusCode = 200;
			asked.push(seconds);
			response.end(JSON.stringify(search(url, all)));
		});
		const pages = await everyPage((cursor) => traces.search(query, callOf({ limit: 9, cursor })));
		expect(pages.flat().map((trace) => trace.traceId)).toEqual([...all].reverse().map(id));
		expect(Math.max(...asked)).toBeLessThanOrEqual(600);
	});

	it("a query that Tempo refuses is the asker's fault, in Tempo's words", async () => {
		const traces = await tempoThat((_, response) => {
			response.statusCode = 400;
			response.end("invalid TraceQL query: parse error at line 1, col 3");
		});
		await expect(traces.search({ ...query, traceql: "{ nonsense" }, callOf())).rejects.toMatchObject({
			name: "InvalidInput",
			message: expect.stringContaining("col 3"),
		});
	});

	it("a cursor of someone else is refused", async () => {
		const traces = await tempoThat((_, response) => response.end("{}"));
		await expect(traces.search(query, callOf({ cursor: "x" }))).rejects.toMatchObject({ name: "InvalidInput" });
	});

	it("a span opened from a trace on screen costs no second look-up", async () => {
		let lookups = 0;
		const traces = await tempoThat((_, response) => {
			lookups++;
			response.end(traceBytes([span(1, { attributes: { a: 1 } })]));
		});
		await traces.skeleton(id(1), callOf());
		const { data } = await traces.span(id(1), span(1).spanId, callOf());
		expect([lookups, data[0]?.attributes]).toEqual([1, { a: 1 }]);
		expect((await traces.span(id(1), "00000000000000ff", callOf())).status).toBe("empty");
		expect(lookups).toBe(2);
	});
});
