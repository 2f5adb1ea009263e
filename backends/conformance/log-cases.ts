/** Logs: in the order of their nanoseconds, joined to their trace however the id was written. */
import { expect } from "vitest";
import type { LogQuery } from "../../core/ports.ts";
import { type Case, everyPage, MS, type Stage } from "./scene.ts";
import { compare, ofService } from "./search-cases.ts";
import { logs, spans } from "./telemetry.ts";

async function bodies(stage: Stage, query: Partial<LogQuery>): Promise<string[]> {
	const answer = await stage.backend.logs.logs(
		{ window: stage.window, filter: null, order: "oldest", ...query },
		stage.call(),
	);
	return answer.data.map((l) => l.body);
}

const spellings = ["trace_id", "traceId", "traceID", "TraceId"];

export const logCases: Case[] = [
	{
		name: "log lines come in nanosecond order, equal times in the order they were sent",
		exports: (scene) => [
			logs(
				...[3, 1, 2, 2, 2, 0].map((ns, i) => ({
					service: scene.service("a"),
					time: scene.at(0) + BigInt(ns),
					body: `${ns}/${i}`,
				})),
			),
		],
		async check(stage) {
			const oldest = ["0/5", "1/1", "2/2", "2/3", "2/4", "3/0"];
			expect(await bodies(stage, { service: stage.service("a") })).toEqual(oldest);
			expect(await bodies(stage, { service: stage.service("a"), order: "newest" })).toEqual([...oldest].reverse());
		},
	},
	...(["oldest", "newest"] as const).map(
		(order): Case => ({
			name: `pages of seven give every line once, ${order} first, also where times are equal`,
			exports: (scene) => [
				logs(
					...Array.from({ length: 50 }, (_, i) => ({
						service: scene.service("a"),
						time: scene.at(0) + BigInt(i % 4),
						body: `line ${i}`,
					})),
				),
			],
			async check(stage) {
				const pages = await everyPage((cursor) =>
					stage.backend.logs.logs(
						{ window: stage.window, service: stage.service("a"), filter: null, order },
						stage.call({ limit: 7, cursor }),
					),
				);
				const all = pages.flat();
				expect(new Set(all.map((l) => l.body)).size).toBe(50);
				expect(all).toHaveLength(50);
				const sign = order === "oldest" ? 1 : -1;
				for (let i = 1; i < all.length; i++) {
					const [a, b] = [all[i - 1]!, all[i]!];
					const step =
						a.timeUnixNano === b.timeUnixNano ? a.sequence - b.sequence : Number(a.timeUnixNano - b.timeUnixNano);
					expect(step * sign).toBeLessThan(0);
				}
			},
		}),
	),
	{
		name: "a log record comes back as it was sent",
		exports: (scene) => [
			logs({
				service: scene.service("a"),
				time: scene.at(1) + 7n,
				body: `<script>alert(1)</script> 世界 🌍 ${"x".repeat(65_536)}`,
				severityNumber: 17,
				severityText: "ERROR",
				traceId: scene.traceId(),
				spanId: scene.spanId(),
				attributes: { "user.id": 7, tags: ["a", "b"] },
				resource: { "host.name": "h1" },
			}),
		],
		async check(stage) {
			const answer = await stage.backend.logs.logs(
				{ window: null, traceId: stage.traceId(), filter: null, order: "oldest" },
				stage.call(),
			);
			expect(answer.data).toHaveLength(1);
			expect(answer.data[0]).toMatchObject({
				timeUnixNano: stage.at(1) + 7n,
				service: stage.service("a"),
				severityNumber: 17,
				severityText: "ERROR",
				level: "error",
				body: `<script>alert(1)</script> 世界 🌍 ${"x".repeat(65_536)}`,
				traceId: stage.traceId(),
				spanId: stage.spanId(),
				attributes: { "user.id": 7, tags: ["a", "b"] },
				resource: { "service.name": stage.service("a"), "host.name": "h1" },
			});
		},
	},
	{
		name: "lines of a trace are found whether the id stands in the record, an attribute or only the text",
		exports: (scene) => [
			logs(
				{ service: scene.service("a"), time: scene.at(0), body: "in the record", traceId: scene.traceId() },
				...spellings.map((key, i) => ({
					service: scene.service("a"),
					time: scene.at(1 + i),
					body: `attribute ${key}`,
					attributes: { [key]: scene.traceId() },
				})),
				...spellings.map((key, i) => ({
					service: scene.service("a"),
					time: scene.at(11 + i),
					body: `{"${key}":"${scene.traceId()}","msg":"json ${key}"}`,
				})),
				{ service: scene.service("a"), time: scene.at(20), body: `done trace_id=${scene.traceId()} ok` },
				{ service: scene.service("a"), time: scene.at(21), body: "another's", traceId: scene.traceId(2) },
				{ service: scene.service("a"), time: scene.at(22), body: "nobody's" },
			),
		],
		async check(stage) {
			const got = await bodies(stage, { window: null, traceId: stage.traceId() });
			expect(got).toHaveLength(10);
			expect(got.filter((b) => b.includes("another's") || b.includes("nobody's"))).toEqual([]);
		},
	},
	{
		name: "lines of one span are told from its trace's others",
		exports: (scene) => [
			logs(
				{
					service: scene.service("a"),
					time: scene.at(0),
					body: "one",
					traceId: scene.traceId(),
					spanId: scene.spanId(1),
				},
				{
					service: scene.service("a"),
					time: scene.at(1),
					body: "two",
					traceId: scene.traceId(),
					spanId: scene.spanId(2),
				},
			),
		],
		async check(stage) {
			expect(await bodies(stage, { traceId: stage.traceId(), spanId: stage.spanId(2) })).toEqual(["two"]);
		},
	},
	{
		name: "logs whose spans never came are there, and their trace is empty",
		exports: (scene) => [
			logs({
				service: scene.service("a"),
				time: scene.at(0),
				body: "alone",
				traceId: scene.traceId(),
				spanId: scene.spanId(),
			}),
		],
		async check(stage) {
			expect(await bodies(stage, { window: null, traceId: stage.traceId() })).toEqual(["alone"]);
			expect((await stage.backend.traces.trace(stage.traceId(), stage.call())).status).toBe("empty");
		},
	},
	{
		name: "spans whose logs never came are there, and their logs are empty with likely reasons",
		exports: (scene) => [
			spans({
				traceId: scene.traceId(),
				spanId: scene.spanId(),
				service: scene.service("a"),
				name: "x",
				start: scene.at(0),
				durationNs: MS,
			}),
		],
		async check(stage) {
			expect((await stage.backend.traces.trace(stage.traceId(), stage.call())).data).toHaveLength(1);
			const answer = await stage.backend.logs.logs(
				{ window: null, traceId: stage.traceId(), filter: null, order: "oldest" },
				stage.call(),
			);
			expect([answer.status, answer.data]).toEqual(["empty", []]);
			expect(answer.reasons.length).toBeGreaterThan(0);
		},
	},
	{
		name: "this level and above: from warn on come warnings, errors and fatal lines",
		exports: (scene) => [
			logs(
				...[0, 1, 5, 9, 13, 17, 21].map((severityNumber, i) => ({
					service: scene.service("a"),
					time: scene.at(i),
					body: `severity ${severityNumber}`,
					severityNumber,
				})),
			),
		],
		async check(stage) {
			const service = stage.service("a");
			expect(await bodies(stage, { service, minLevel: "warn" })).toEqual(["severity 13", "severity 17", "severity 21"]);
			expect(await bodies(stage, { service, filter: compare("level", "=", "info") })).toEqual(["severity 9"]);
			expect(await bodies(stage, { service })).toHaveLength(7);
		},
	},
	{
		name: "logs are searched by text in body and attributes, by attribute and by resource",
		exports: (scene) => [
			logs(
				{ service: scene.service("a"), time: scene.at(0), body: "Payment REFUSED for cart", attributes: { code: 402 } },
				{ service: scene.service("a"), time: scene.at(1), body: "ok", attributes: { note: "payment refused earlier" } },
				{ service: scene.service("a"), time: scene.at(2), body: "100% _done_", resource: { "k8s.pod.name": "pod-1" } },
			),
		],
		async check(stage) {
			const service = stage.service("a");
			const text = (t: string) => bodies(stage, { service, filter: { kind: "text", text: t } });
			expect(await text("payment refused")).toEqual(["Payment REFUSED for cart", "ok"]);
			expect(await text("0% _d")).toEqual(["100% _done_"]);
			expect(await text("0%d")).toEqual([]);
			expect(await bodies(stage, { service, filter: compare("code", ">=", 400) })).toEqual([
				"Payment REFUSED for cart",
			]);
			expect(await bodies(stage, { service, filter: compare("k8s.pod.name", "=", "pod-*") })).toEqual(["100% _done_"]);
			expect(await bodies(stage, { filter: ofService(service) })).toHaveLength(3);
		},
	},
	{
		name: "a window of logs holds its first nanosecond and not its last",
		exports: (scene) => [
			logs(...[0, 1, 2].map((n) => ({ service: scene.service("a"), time: scene.at(0) + BigInt(n), body: `+${n}` }))),
		],
		async check(stage) {
			const window = { fromUnixNano: stage.at(0), toUnixNano: stage.at(0) + 2n };
			expect(await bodies(stage, { service: stage.service("a"), window })).toEqual(["+0", "+1"]);
		},
	},
	{
		name: "log lines of an environment that is left out do not come up",
		exports: (scene) => [
			logs(
				{
					service: scene.service("a"),
					time: scene.at(0),
					body: "demo",
					resource: { "deployment.environment.name": "demo-of-the-kit" },
				},
				{ service: scene.service("a"), time: scene.at(1), body: "real" },
			),
		],
		async check(stage) {
			const answer = await stage.backend.logs.logs(
				{ window: stage.window, service: stage.service("a"), filter: null, order: "oldest" },
				stage.call({ excludeEnvironments: ["demo-of-the-kit"] }),
			);
			expect(answer.data.map((l) => l.body)).toEqual(["real"]);
		},
	},
];
