import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeEach, expect, test } from "vitest";
import { callOf } from "../../conformance/scene.ts";
import { Engine } from "../engine.ts";
import { type SpanSearch, SpanSearcher } from "./search-spans.ts";

/** A Tempo with the limits it has by itself: it refuses in the words of the real one. */
const limits = { spans: 100, traces: 500, seconds: 168 * 3600 };
let asked: { limit: number; spss: number; seconds: number }[] = [];
const tempo = createServer((request, response) => {
	const { searchParams } = new URL(request.url ?? "", "http://tempo");
	const number = (name: string) => Number(searchParams.get(name));
	const [limit, spss, seconds] = [number("limit"), number("spss"), number("end") - number("start")];
	const refuse = (text: string) => response.writeHead(400).end(text);
	if (limit > limits.traces) return refuse(`limit ${limit} exceeds max limit ${limits.traces}`);
	if (seconds > limits.seconds) {
		return refuse(`range specified by start and end exceeds ${limits.seconds / 3600}h0m0s. received start=1 end=2`);
	}
	if (spss > limits.spans) return refuse(`spans per span set exceeds ${limits.spans}. received ${spss}`);
	asked.push({ limit, spss, seconds });
	const parent = { key: "span:parentID", value: { stringValue: "0000000000000000" } };
	const service = { key: "service.name", value: { stringValue: "cart" } };
	const status = { key: "status", value: { stringValue: "error" } };
	const kind = { key: "kind", value: { stringValue: "client" } };
	const address = { key: "server.address", value: { stringValue: "api.pay.example" } };
	const span = {
		...{ spanID: "00000000000000ff", name: "pay", startTimeUnixNano: "1000000000000000005", durationNanos: "7" },
		attributes: [parent, service, status, kind, address],
	};
	const spanSets = [{ spans: [span], matched: 3 }];
	const trace = { traceID: "abc", startTimeUnixNano: "1000000000000000005", spanSets };
	response.writeHead(200).end(JSON.stringify({ traces: [trace], metrics: {} }));
	return undefined;
});
await new Promise<void>((resolve) => tempo.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${(tempo.address() as AddressInfo).port}`;
const engine = new Engine("Tempo", { url, headers: {}, tenant: null, tls: {} });
afterAll(async () => {
	await engine.close();
	tempo.close();
});
beforeEach(() => {
	asked = [];
});

const DAY = 86_400_000_000_000n;
const search: SpanSearch = {
	...{ condition: "", limit: 2000, spansPerTrace: 400, select: "all" },
	window: { fromUnixNano: 1000n * DAY, toUnixNano: 1001n * DAY },
};

test("a span comes with what core folds: its trace's id whole, its peer, its status", async () => {
	const { traces, cut } = await new SpanSearcher(engine).search(search, callOf());
	expect(cut).toBe(false);
	expect(traces).toEqual([
		{
			traceId: "abc".padStart(32, "0"),
			startUnixNano: 1000000000000000005n,
			matched: 3,
			spans: [
				expect.objectContaining({
					...{ spanId: "00000000000000ff", parentSpanId: null, service: "cart", name: "pay", kind: "client" },
					...{ statusCode: "error", durationNs: 7, startUnixNano: 1000000000000000005n, route: "pay" },
					...{ peer: "external:api.pay.example", environment: "", version: null },
				}),
			],
		},
	]);
});

test("the engine's own limits are learned from its refusals, once", async () => {
	const searcher = new SpanSearcher(engine);
	await searcher.search(search, callOf());
	await searcher.search(search, callOf());
	expect(asked).toEqual(Array.from({ length: 2 }, () => ({ limit: 500, spss: 100, seconds: 86_400 })));
});

test("a window longer than the engine searches at once is several searches", async () => {
	const window = { fromUnixNano: 1000n * DAY, toUnixNano: 1020n * DAY };
	const { traces } = await new SpanSearcher(engine).search({ ...search, window }, callOf());
	expect(asked.map(({ seconds }) => seconds / 86_400)).toEqual([7, 7, 6]);
	expect(traces).toHaveLength(3);
});

test("a refusal that names no limit is the caller's to see", async () => {
	limits.spans = 0;
	await expect(new SpanSearcher(engine).search(search, callOf())).rejects.toThrow(/Tempo refused.*exceeds 0/);
	limits.spans = 100;
});
