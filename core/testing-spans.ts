/** Spans for core's tests: from a drawing's numbers, and at random. */
import fc from "fast-check";
import type { SpanCore, SpanKind, StatusCode } from "./model.ts";

export const TRACE = "0af7651916cd43dd8448eb211c80319c";
const BASE = 1_700_000_000_000_000_000n;

/** The span id of a short name: `spanIdOf("a")`. */
export function spanIdOf(name: string): string {
	return Buffer.from(name).toString("hex").padStart(16, "0").slice(-16);
}

/** A span from start to end (nanoseconds after a fixed moment); its name is its id, `parent` another span's name. */
export function spanOf(
	name: string,
	parent: string | null,
	startNs: number,
	endNs: number,
	more: Partial<SpanCore> = {},
): SpanCore {
	return {
		traceId: TRACE,
		spanId: spanIdOf(name),
		parentSpanId: parent === null ? null : spanIdOf(parent),
		service: "shop",
		name,
		kind: "internal",
		startUnixNano: BASE + BigInt(startNs),
		durationNs: endNs - startNs,
		statusCode: "unset",
		route: null,
		peer: null,
		links: [],
		weight: 1,
		arrival: 0,
		eventCount: 0,
		...more,
	};
}

const KINDS: SpanKind[] = ["unspecified", "internal", "server", "client", "producer", "consumer"];
const STATUSES: StatusCode[] = ["unset", "ok", "error"];

/** Traces with everything that goes wrong: missing parents, shared ids, circles, versions, skew, several roots. */
export const awkwardTrace: fc.Arbitrary<SpanCore[]> = fc.array(
	fc
		.record({
			id: fc.integer({ min: 1, max: 12 }),
			parent: fc.option(fc.integer({ min: 1, max: 16 })),
			service: fc.constantFrom("a", "b", "c"),
			kind: fc.constantFrom(...KINDS),
			status: fc.constantFrom(...STATUSES),
			start: fc.integer({ min: 0, max: 50 }),
			duration: fc.integer({ min: 0, max: 50 }),
			peer: fc.constantFrom(null, null, "database:postgresql/shop", "queue:kafka/orders", "service:c"),
			link: fc.option(fc.integer({ min: 1, max: 12 })),
			weight: fc.constantFrom(1, 1, 4),
		})
		.map((s) =>
			spanOf(`s${s.id}`, s.parent === null ? null : `s${s.parent}`, s.start, s.start + s.duration, {
				service: s.service,
				kind: s.kind,
				statusCode: s.status,
				peer: s.peer,
				links: s.link === null ? [] : [{ traceId: TRACE, spanId: spanIdOf(`s${s.link}`), attributes: {} }],
				weight: s.weight,
			}),
		),
	{ maxLength: 24 },
);

/** Traces in which every child lies within its parent and siblings follow one another. */
export const nestedTrace: fc.Arbitrary<SpanCore[]> = fc
	.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), { maxLength: 30 })
	.map((choices) => {
		const spans = [spanOf("s0", null, 0, 1000)];
		/** Where the next child of each span may start. */
		const free = [0];
		for (const [p, a, b] of choices) {
			const parent = p % spans.length;
			const holder = spans[parent] as SpanCore;
			const end = Number(holder.startUnixNano - BASE) + holder.durationNs;
			const room = end - (free[parent] ?? 0);
			const start = (free[parent] ?? 0) + (a % (room + 1));
			const to = start + (b % (end - start + 1));
			free[parent] = to;
			free.push(start);
			spans.push(spanOf(`s${spans.length}`, `s${parent}`, start, to));
		}
		return spans;
	});

/** The spans in any order, some of them several times. */
export function shuffled<T>(spans: T[]): fc.Arbitrary<T[]> {
	if (spans.length === 0) return fc.constant([]);
	return fc
		.tuple(
			fc.shuffledSubarray(spans, { minLength: spans.length, maxLength: spans.length }),
			fc.array(fc.constantFrom(...spans), { maxLength: 5 }),
		)
		.map(([all, again]) => [...all.slice(0, 3), ...again, ...all.slice(3)]);
}
