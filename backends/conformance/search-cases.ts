/** Trace search: exactly the traces that match, all of them, in order, however they are paged. */
import { expect } from "vitest";
import type { TraceQuery } from "../../core/ports.ts";
import type { CompareOp, Filter } from "../../core/search.ts";
import { type Case, everyPage, MS, type Scene, type Stage } from "./scene.ts";
import { Double, logs, type SpanSpec, spans } from "./telemetry.ts";

export const compare = (field: string, op: CompareOp, value: string | number | boolean): Filter => ({
	kind: "compare",
	field,
	op,
	value,
});
export const ofService = (service: string): Filter => compare("service", "=", service);

async function found(stage: Stage, query: Partial<TraceQuery>): Promise<string[]> {
	const pages = await everyPage((cursor) =>
		stage.backend.traces.search(
			{ window: stage.window, filter: null, status: null, order: "newest", ...query },
			stage.call({ cursor }),
		),
	);
	return pages.flat().map((t) => t.traceId);
}

/** Four traces, a second apart, that differ in everything a search can ask for. */
function zoo(scene: Scene): SpanSpec[] {
	const span = (n: number, id: number, more: Partial<SpanSpec>): SpanSpec => ({
		traceId: scene.traceId(n),
		spanId: scene.spanId(n * 10 + id),
		parent: id === 1 ? undefined : scene.spanId(n * 10 + 1),
		service: scene.service("shop"),
		name: "plain",
		start: scene.at(n),
		durationNs: MS,
		...more,
	});
	return [
		span(1, 1, { name: "GET /cart", kind: "server", durationNs: 250 * MS, attributes: { "http.route": "/cart/{id}" } }),
		span(1, 2, { name: "SELECT", kind: "client", attributes: { "db.system": "redis", rows: 17, ratio: 0.25 } }),
		span(2, 1, {
			name: "POST /pay",
			kind: "server",
			status: "error",
			statusMessage: "Card Declined by issuer",
			durationNs: 900 * MS,
			attributes: { "http.response.status_code": 502, vip: true, "star*key": "a*b" },
		}),
		span(3, 1, {
			name: "consume",
			kind: "consumer",
			status: "ok",
			resource: { "k8s.pod.name": "shop-7f9c", "deployment.environment.name": "blue" },
			events: [{ time: scene.at(3), name: "retry", attributes: { attempt: 3 } }],
		}),
		span(3, 2, { service: scene.service("mailer"), name: "send mail", attributes: { to: "Ünïcode@example" } }),
		span(4, 1, {
			name: "tick",
			scope: { name: "cron", version: "2", attributes: { "scope.team": "night" } },
			links: [{ traceId: scene.traceId(1), spanId: scene.spanId(11), attributes: { "link.reason": "follows" } }],
			attributes: { vip: false, "http.response.status_code": "502", weight: new Double(3), "quote'key": `"'; DROP` },
		}),
	];
}

const and = (...of: Filter[]): Filter => ({ kind: "and", of });
const or = (...of: Filter[]): Filter => ({ kind: "or", of });
const not = (of: Filter): Filter => ({ kind: "not", of });
const text = (t: string): Filter => ({ kind: "text", text: t });

/** What is asked and which of the zoo's traces answer. One span has to satisfy the whole filter. */
const questions: { ask: string; filter: (scene: Scene) => Filter; expected: number[] }[] = [
	{ ask: "service", filter: (s) => ofService(s.service("mailer")), expected: [3] },
	{ ask: "service by pattern", filter: (s) => ofService(`*${s.service("mailer").slice(2)}`), expected: [3] },
	{ ask: "name", filter: () => compare("name", "=", "GET /cart"), expected: [1] },
	{ ask: "name by pattern", filter: () => compare("name", "=", "* /*"), expected: [1, 2] },
	{ ask: "kind", filter: () => compare("kind", "=", "consumer"), expected: [3] },
	{ ask: "status error", filter: () => compare("status", "=", "error"), expected: [2] },
	{ ask: "status ok", filter: () => compare("status", "=", "ok"), expected: [3] },
	{ ask: "duration above", filter: () => compare("duration", ">", 250 * MS), expected: [2] },
	{ ask: "duration from", filter: () => compare("duration", ">=", 250 * MS), expected: [1, 2] },
	{
		ask: "duration range",
		filter: () => and(compare("duration", ">", MS), compare("duration", "<", 300 * MS)),
		expected: [1],
	},
	{ ask: "trace id", filter: (s) => compare("traceId", "=", s.traceId(4)), expected: [4] },
	{ ask: "span id", filter: (s) => compare("spanId", "=", s.spanId(12)), expected: [1] },
	{ ask: "string attribute", filter: () => compare("http.route", "=", "/cart/{id}"), expected: [1] },
	{ ask: "whole number attribute", filter: () => compare("rows", "=", 17), expected: [1] },
	{ ask: "number attribute above", filter: () => compare("rows", ">", 16), expected: [1] },
	{ ask: "number attribute not above", filter: () => compare("rows", ">", 17), expected: [] },
	{ ask: "fraction attribute", filter: () => compare("ratio", "=", 0.25), expected: [1] },
	{ ask: "whole double attribute", filter: () => compare("weight", "=", 3), expected: [4] },
	{ ask: "boolean attribute", filter: () => compare("vip", "=", true), expected: [2] },
	{ ask: "resource attribute", filter: () => compare("k8s.pod.name", "=", "shop-*"), expected: [3] },
	{ ask: "event attribute", filter: () => compare("attempt", "=", 3), expected: [3] },
	{ ask: "link attribute", filter: () => compare("link.reason", "=", "follows"), expected: [4] },
	{ ask: "scope attribute", filter: () => compare("scope.team", "=", "night"), expected: [4] },
	{ ask: "a key with a quote", filter: () => compare("quote'key", "=", `"'; DROP`), expected: [4] },
	{ ask: "a key nobody sent", filter: () => compare("no.such.key", "=", "x"), expected: [] },
	{ ask: "either of two", filter: () => or(compare("rows", "=", 17), compare("vip", "=", false)), expected: [1, 4] },
	{
		ask: "one span, both true",
		filter: () => and(compare("kind", "=", "client"), compare("rows", "=", 17)),
		expected: [1],
	},
	{
		ask: "two spans, one each",
		filter: () => and(compare("kind", "=", "server"), compare("rows", "=", 17)),
		expected: [],
	},
	{
		ask: "not",
		filter: (s) =>
			and(
				ofService(s.service("shop")),
				not(or(compare("kind", "=", "server"), compare("kind", "=", "client"), compare("kind", "=", "consumer"))),
			),
		expected: [4],
	},
	{ ask: "free text in a status message, whatever the case", filter: () => text("card DECLINED"), expected: [2] },
	{ ask: "free text in a name", filter: () => text("send mail"), expected: [3] },
	{ ask: "free text in an attribute, whatever the case", filter: () => text("ünïcode@EXAMPLE"), expected: [3] },
	{ ask: "root name", filter: () => compare("root.name", "=", "GET /cart"), expected: [1] },
];

/** Sixty traces that start in the same three milliseconds, many at the same nanosecond. */
const crowd = (scene: Scene) =>
	Array.from({ length: 60 }, (_, i) => ({
		traceId: scene.traceId(i + 1),
		spanId: scene.spanId(i + 1),
		service: scene.service("crowd"),
		name: `op ${i}`,
		kind: "server" as const,
		start: scene.at(0) + BigInt((i % 3) * MS),
		durationNs: ((i * 37) % 60) * MS,
	}));

export const searchCases: Case[] = [
	...questions.map(
		({ ask, filter, expected }): Case => ({
			name: `search by ${ask} finds ${expected.length === 0 ? "nothing" : "exactly the traces that match"}`,
			exports: (scene) => [spans(...zoo(scene))],
			async check(stage) {
				const mine = new Map([1, 2, 3, 4].map((n) => [stage.traceId(n), n]));
				const ids = await found(stage, { filter: filter(stage) });
				// Other cases have spans of the same name in the same minutes: only this case's own are judged.
				expect(ids.flatMap((id) => mine.get(id) ?? []).sort()).toEqual(expected);
				expect(new Set(ids).size).toBe(ids.length);
			},
		}),
	),
	{
		name: "search for failed traces finds those in which any span failed, for clean ones the others",
		exports: (scene) => [spans(...zoo(scene))],
		async check(stage) {
			const filter = ofService(stage.service("shop"));
			expect(await found(stage, { filter, status: "error" })).toEqual([stage.traceId(2)]);
			expect(await found(stage, { filter, status: "ok" })).toEqual([4, 3, 1].map((n) => stage.traceId(n)));
		},
	},
	{
		name: "a summary names the root, counts spans and errors, and lists the services",
		exports: (scene) => [spans(...zoo(scene))],
		async check(stage) {
			const answer = await stage.backend.traces.search(
				{ window: stage.window, filter: ofService(stage.service("mailer")), status: null, order: "newest" },
				stage.call(),
			);
			expect(answer.data).toHaveLength(1);
			expect({
				...answer.data[0],
				services: [...answer.data[0]!.services].sort((a, b) => a.service.localeCompare(b.service)),
			}).toEqual({
				traceId: stage.traceId(3),
				rootService: stage.service("shop"),
				rootName: "consume",
				rootMissing: false,
				startUnixNano: stage.at(3),
				durationNs: MS,
				statusCode: "ok",
				spanCount: 2,
				errorCount: 0,
				services: [
					{ service: stage.service("mailer"), spans: 1, errors: 0 },
					{ service: stage.service("shop"), spans: 1, errors: 0 },
				],
			});
		},
	},
	{
		name: "pages of seven give every trace once, newest first, also where start times are equal",
		exports: (scene) => [spans(...crowd(scene))],
		async check(stage) {
			const pages = await everyPage((cursor) =>
				stage.backend.traces.search(
					{ window: stage.window, filter: ofService(stage.service("crowd")), status: null, order: "newest" },
					stage.call({ limit: 7, cursor }),
				),
			);
			expect(pages.every((p) => p.length <= 7)).toBe(true);
			const all = pages.flat();
			expect(all).toHaveLength(60);
			expect(new Set(all.map((t) => t.traceId)).size).toBe(60);
			const starts = all.map((t) => t.startUnixNano);
			expect(starts).toEqual([...starts].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0)));
		},
	},
	{
		name: "the slowest come first when asked for, page by page",
		exports: (scene) => [spans(...crowd(scene))],
		async check(stage) {
			const pages = await everyPage((cursor) =>
				stage.backend.traces.search(
					{ window: stage.window, filter: ofService(stage.service("crowd")), status: null, order: "slowest" },
					stage.call({ limit: 11, cursor }),
				),
			);
			const durations = pages.flat().map((t) => t.durationNs);
			expect(durations).toHaveLength(60);
			expect(durations).toEqual([...durations].sort((a, b) => b - a));
		},
	},
	{
		name: "a window holds its first nanosecond and not its last",
		exports: (scene) => [
			spans(
				...[0, 1, 2].map((n) => ({
					traceId: scene.traceId(n + 1),
					spanId: scene.spanId(n + 1),
					service: scene.service("edge"),
					name: "x",
					start: scene.at(0) + BigInt(n),
					durationNs: 1,
				})),
			),
		],
		async check(stage) {
			const window = { fromUnixNano: stage.at(0), toUnixNano: stage.at(0) + 2n };
			expect(await found(stage, { window, filter: ofService(stage.service("edge")) })).toEqual(
				[2, 1].map((n) => stage.traceId(n)),
			);
		},
	},
	{
		name: "a window without data is empty, says so and names the window it looked at",
		async check(stage) {
			const window = { fromUnixNano: 1_000_000_000n, toUnixNano: 2_000_000_000n };
			const answer = await stage.backend.traces.search(
				{ window, filter: null, status: null, order: "newest" },
				stage.call(),
			);
			expect([answer.status, answer.data, answer.window]).toEqual(["empty", [], window]);
			expect(answer.reasons.length).toBeGreaterThan(0);
		},
	},
	{
		name: "an environment that is left out does not come up in any search",
		exports: (scene) => [
			spans(
				{
					traceId: scene.traceId(1),
					spanId: scene.spanId(1),
					service: scene.service("env"),
					name: "x",
					start: scene.at(0),
					durationNs: 1,
					resource: { "deployment.environment.name": "demo-of-the-kit" },
				},
				{
					traceId: scene.traceId(2),
					spanId: scene.spanId(2),
					service: scene.service("env"),
					name: "x",
					start: scene.at(1),
					durationNs: 1,
					resource: { "deployment.environment.name": "production" },
				},
				{
					traceId: scene.traceId(3),
					spanId: scene.spanId(3),
					service: scene.service("env"),
					name: "x",
					start: scene.at(2),
					durationNs: 1,
				},
			),
		],
		async check(stage) {
			const ask = async (excludeEnvironments: string[]) =>
				(
					await stage.backend.traces.search(
						{ window: stage.window, filter: ofService(stage.service("env")), status: null, order: "newest" },
						stage.call({ excludeEnvironments }),
					)
				).data.map((t) => t.traceId);
			expect(await ask([])).toEqual([3, 2, 1].map((n) => stage.traceId(n)));
			expect(await ask(["demo-of-the-kit"])).toEqual([3, 2].map((n) => stage.traceId(n)));
		},
	},
	...["http.request_id", "http.request.header.x-request-id"].map(
		(key): Case => ({
			name: `a request id in ${key} leads to its trace, from a span and from a log line`,
			exports: (scene) => [
				spans({
					traceId: scene.traceId(1),
					spanId: scene.spanId(1),
					service: scene.service("req"),
					name: "x",
					start: scene.at(0),
					durationNs: 1,
					attributes: { [key]: scene.service("rid") },
				}),
				logsOf(scene, key),
			],
			async check(stage) {
				const answer = await stage.backend.traces.byRequestId(stage.service("rid"), stage.call());
				expect(answer.data.map((c) => c.traceId).sort()).toEqual([stage.traceId(1), stage.traceId(2)].sort());
				const unknown = await stage.backend.traces.byRequestId(stage.service("nobody"), stage.call());
				expect([unknown.status, unknown.data]).toEqual(["empty", []]);
			},
		}),
	),
];

function logsOf(scene: Scene, key: string) {
	return logs({
		service: scene.service("req"),
		time: scene.at(1),
		body: "handled",
		traceId: scene.traceId(2),
		spanId: scene.spanId(2),
		attributes: { [key]: scene.service("rid") },
	});
}
