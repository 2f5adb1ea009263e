/** Keeping the store: old data, status; of an owner imports, refusing what is no export, erasing one environment and nothing else. */
import { expect } from "vitest";
import { InvalidInput, NotSupported } from "../../core/ports.ts";
import type { Case, Scene, Stage } from "./scene.ts";
import { ofService } from "./search-cases.ts";
import { logs, type SpanSpec, spans } from "./telemetry.ts";

const old = 1_262_304_000_000_000_000n; // 2010-01-01

const environmentSpans = (scene: Scene): SpanSpec[] =>
	["gone", "stays"].map((environment, i) => ({
		traceId: scene.traceId(i + 1),
		spanId: scene.spanId(i + 1),
		service: scene.service(environment),
		name: "x",
		kind: "server",
		start: scene.at(i),
		durationNs: 1000,
		resource: { "deployment.environment.name": scene.service(environment) },
	}));

async function servicesSeen(stage: Stage): Promise<string[]> {
	const { traces, metrics, logs: logStore } = stage.backend;
	const mine = new Set(["gone", "stays"].map(stage.service));
	const seen = [
		...(await traces.services(stage.window, stage.call())).data.map((s) => s.service),
		...(await traces.topology(stage.window, stage.call())).data.nodes.map((n) => n.name),
		...(await metrics.red({ byRoute: false, window: stage.window, stepNs: 60_000_000_000n }, stage.call())).data.map(
			(s) => s.service,
		),
		...(
			await logStore.logs({ window: stage.window, filter: null, order: "newest" }, stage.call({ limit: 10_000 }))
		).data.map((l) => l.service),
	];
	return [...new Set(seen.filter((s) => mine.has(s)))].sort();
}

/** What every backend must do with old data, and tell of itself. */
export const commonStewardship: Case[] = [
	{
		name: "telemetry of long ago is data like any other",
		async check(stage) {
			const span: SpanSpec = {
				traceId: stage.traceId(),
				spanId: stage.spanId(),
				service: stage.service("old"),
				name: "then",
				kind: "server",
				start: old,
				durationNs: 5,
			};
			const line = { service: stage.service("old"), time: old + 1n, body: "long ago", traceId: stage.traceId() };
			await stage.sendOld("traces", spans(span).body);
			await stage.sendOld("logs", logs(line).body);
			await stage.settle();
			const window = { fromUnixNano: old - 1_000_000_000n, toUnixNano: old + 1_000_000_000n };
			const found = await stage.backend.traces.search(
				{ window, filter: ofService(stage.service("old")), status: null, order: "newest" },
				stage.call(),
			);
			expect(found.data.map((t) => t.startUnixNano)).toEqual([old]);
			const lines = await stage.backend.logs.logs(
				{ window, traceId: stage.traceId(), filter: null, order: "oldest" },
				stage.call(),
			);
			expect(lines.data.map((l) => l.body)).toEqual(["long ago"]);
			const topology = await stage.backend.traces.topology(window, stage.call());
			expect(topology.data.nodes.map((n) => n.name)).toContain(stage.service("old"));
		},
	},
	{
		name: "status names every store, and counts what was accepted where the backend takes it in",
		async check(stage) {
			const status = await stage.backend.status();
			expect(status.stores.length).toBeGreaterThan(0);
			expect(
				status.stores.every((s) => s.state === "ok"),
				JSON.stringify(status.stores),
			).toBe(true);
			for (const signal of ["traces", "logs", "metrics"] as const)
				if (status.ingest !== null) expect(status.ingest[signal].accepted).toBeGreaterThan(0);
			if (status.dataWindow !== null) expect(status.dataWindow.fromUnixNano).toBeLessThan(status.dataWindow.toUnixNano);
		},
	},
];

/** Of a backend that owns its store. */
export const ownerStewardship: Case[] = [
	{
		name: "an import says how much it accepted",
		async check(stage) {
			const span: SpanSpec = {
				traceId: stage.traceId(),
				spanId: stage.spanId(),
				service: stage.service("a"),
				name: "x",
				start: stage.at(0),
				durationNs: 1,
			};
			const line = { service: stage.service("a"), time: stage.at(0), body: "one" };
			const all = { accepted: 1, rejected: 0 };
			expect(await stage.backend.ingest("traces", spans(span).body, { keep: true })).toMatchObject(all);
			expect(await stage.backend.ingest("logs", logs(line).body, { keep: true })).toMatchObject(all);
		},
	},
	{
		name: "text that is no export request is refused with a sentence",
		async check(stage) {
			for (const text of ["", "{", "[]", '{"resourceSpans": 7}']) {
				await expect(stage.backend.ingest("traces", text, { keep: true }), text).rejects.toThrow(InvalidInput);
			}
		},
	},
	{
		name: "a span with a bad id is rejected and named, the others of its export are kept",
		async check(stage) {
			const good: SpanSpec = {
				traceId: stage.traceId(),
				spanId: stage.spanId(),
				service: stage.service("a"),
				name: "x",
				start: stage.at(0),
				durationNs: 1,
			};
			const result = await stage.backend.ingest("traces", spans(good, { ...good, spanId: "zz" }).body, { keep: true });
			expect([result.accepted, result.rejected]).toEqual([1, 1]);
			expect(result.reason).not.toBe("");
			await stage.settle();
			expect((await stage.backend.traces.trace(stage.traceId(), stage.call())).data).toHaveLength(1);
		},
	},
	{
		name: "erasing an environment takes everything of it from every answer and nothing else",
		exports: (scene) => [
			spans(...environmentSpans(scene)),
			logs(
				...["gone", "stays"].map((environment, i) => ({
					service: scene.service(environment),
					time: scene.at(i),
					body: environment,
					resource: { "deployment.environment.name": scene.service(environment) },
				})),
			),
		],
		async check(stage) {
			expect(await servicesSeen(stage)).toEqual(["gone", "stays"].map(stage.service).sort());
			expect(await stage.backend.erase(stage.service("gone"))).toMatchObject({ spans: 1, logs: 1 });
			await stage.settle();
			expect((await stage.backend.traces.trace(stage.traceId(1), stage.call())).status).toBe("empty");
			expect((await stage.backend.traces.trace(stage.traceId(2), stage.call())).status).toBe("ok");
			expect(await servicesSeen(stage)).toEqual([stage.service("stays")]);
		},
	},
];

/** Of a backend that reads what others take in. */
export const readerStewardship: Case[] = [
	{
		name: "imports and erasing are refused with what to do instead",
		async check(stage) {
			await expect(stage.backend.ingest("traces", "{}", { keep: true })).rejects.toThrow(NotSupported);
			await expect(stage.backend.erase(stage.service("gone"))).rejects.toThrow(NotSupported);
		},
	},
];
