/**
 * The test kit: what every backend must do behind core/ports.ts, in sentences. A backend supplies a subject (itself and the way in) and
 * declares how it is known to differ; everything else is the same for all. Cases are data, in `conformance/`.
 */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jaegerFixtures } from "./conformance/jaeger-cases.ts";
import { logCases } from "./conformance/log-cases.ts";
import { metricCases } from "./conformance/metric-cases.ts";
import { trainTicket } from "./conformance/nezha-case.ts";
import { type Case, callOf, everyPage, type KnownDifferences, S, type Subject, sceneOf } from "./conformance/scene.ts";
import { searchCases } from "./conformance/search-cases.ts";
import { commonStewardship, ownerStewardship, readerStewardship } from "./conformance/stewardship-cases.ts";
import { topologyCases } from "./conformance/topology-cases.ts";
import { traceCases } from "./conformance/trace-cases.ts";

export type { KnownDifferences, Subject } from "./conformance/scene.ts";

const common: [string, readonly Case[]][] = [
	["traces by id", traceCases],
	["trace search", searchCases],
	["logs", logCases],
	["metrics and RED", metricCases],
	["topology", topologyCases],
	["status and old data", commonStewardship],
];

/**
 * Holds a backend to the port. `takesData`: it owns its store, so it imports and erases; the others only read. `known` maps a case's sentence to why this backend differs: with a tolerance the case's numbers are held
 * to that, without one the case is skipped and the reason shown.
 */
export function describeBackend(
	name: string,
	make: () => Promise<Subject>,
	{ takesData, known = {} }: { takesData: boolean; known?: KnownDifferences },
): void {
	// The last group erases.
	const groups: [string, readonly Case[]][] = [
		...common,
		takesData ? ["imports and erasing", ownerStewardship] : ["a reader only", readerStewardship],
	];
	describe(name, () => {
		const token = randomBytes(4).toString("hex");
		const base = BigInt(Math.floor(Date.now() / 60_000) - 10) * 60n * BigInt(S);
		const jaeger = jaegerFixtures();
		const nezha = trainTicket();
		let subject: Subject;

		beforeAll(async () => {
			subject = await make();
			for (const [, cases] of groups) {
				for (const { name: sentence, exports } of cases) {
					const requests = exports?.(sceneOf(sentence, token, base)) ?? [];
					for (const { signal, body } of requests) await subject.send(signal, body);
				}
			}
			for (const otlp of jaeger?.exports ?? []) await subject.sendOld("traces", otlp);
			for (const otlp of nezha?.traces ?? []) await subject.sendOld("traces", otlp);
			for (const otlp of nezha?.logs ?? []) await subject.sendOld("logs", otlp);
			await subject.settle();
		});
		afterAll(() => subject?.close());

		const sentence = (text: string, check: () => Promise<void>) => {
			const difference = known[text];
			if (difference && difference.tolerance === undefined) it.skip(`${text} (known difference: ${difference.reason})`);
			else it(text, check);
		};

		describe.skipIf(jaeger === null)("Jaeger's fixtures", () => {
			for (const search of jaeger?.searches ?? []) {
				sentence(`the search "${search.name}" returns exactly the expected traces`, async () => {
					const pages = await everyPage((cursor) => subject.backend.traces.search(search.query, callOf({ cursor })));
					expect(
						pages
							.flat()
							.map((t) => t.traceId)
							.sort(),
					).toEqual(search.expected);
				});
			}
		});

		describe.skipIf(nezha === null)("a TrainTicket case of Nezha", () => {
			sentence("every trace of an import of 2023 is there with all its spans and log lines", async () => {
				const window = { fromUnixNano: nezha!.fromUnixNano, toUnixNano: nezha!.toUnixNano };
				const pages = await everyPage((cursor) =>
					subject.backend.traces.search(
						{ window, filter: null, status: null, order: "newest" },
						callOf({ limit: 50, cursor }),
					),
				);
				expect(new Map(pages.flat().map((t) => [t.traceId, t.spanCount]))).toEqual(nezha!.spansOf);
				const logsFound = new Map<string, number>();
				for (const traceId of nezha!.spansOf.keys()) {
					const answer = await subject.backend.logs.logs(
						{ window: null, traceId, filter: null, order: "oldest" },
						callOf(),
					);
					if (answer.data.length > 0) logsFound.set(traceId, answer.data.length);
				}
				expect(logsFound).toEqual(nezha!.logsOf);
			});
			sentence("its topology has exactly the calls that its parents and children show", async () => {
				const window = { fromUnixNano: nezha!.fromUnixNano, toUnixNano: nezha!.toUnixNano };
				const { data } = await subject.backend.traces.topology(window, callOf());
				const calls = new Map(
					data.edges.filter((e) => e.caller !== e.callee).map((e) => [`${e.caller}>${e.callee}`, e.calls]),
				);
				expect(calls).toEqual(nezha!.calls);
				expect(data.coverage.spans).toBe([...nezha!.spansOf.values()].reduce((a, b) => a + b, 0));
			});
		});

		for (const [group, cases] of groups) {
			describe(group, () => {
				for (const { name: text, tolerance, check } of cases) {
					sentence(text, () =>
						check({
							...sceneOf(text, token, base),
							backend: subject.backend,
							send: (signal, body) => subject.send(signal, body),
							sendOld: (signal, body) => subject.sendOld(signal, body),
							settle: () => subject.settle(),
							close: () => subject.close(),
							call: callOf,
							tolerance: known[text]?.tolerance ?? tolerance ?? 0.05,
						}),
					);
				}
			});
		}
	});
}
