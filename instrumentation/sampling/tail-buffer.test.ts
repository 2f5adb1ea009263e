import { ROOT_CONTEXT, SpanKind, type Tracer, trace } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, type ReadableSpan, type SpanProcessor } from "@opentelemetry/sdk-trace-base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Keep, Tail } from "./choice.ts";
import { headOf } from "./head.ts";
import { TraceSampler } from "./sampler.ts";
import { TailBuffer } from "./tail-buffer.ts";

/** A real provider with the buffer in it, and a clock that stands still until it is moved. */
function setUp(tail: Tail = {}, keep: Keep = "none") {
	const sent: ReadableSpan[] = [];
	const clock = { ms: 1_000 };
	const sink: SpanProcessor = {
		onStart() {},
		onEnd: (span) => void sent.push(span),
		forceFlush: () => Promise.resolve(),
		shutdown: () => Promise.resolve(),
	};
	const buffer = new TailBuffer(sink, { slowMs: 500, ...tail }, () => clock.ms);
	const provider = new BasicTracerProvider({
		resource: resourceFromAttributes({}),
		sampler: new TraceSampler({ head: headOf(keep), description: "", ignoreParent: false, recordAll: () => true }),
		spanProcessors: [buffer],
	});
	const tracer = provider.getTracer("test");
	return { sent, clock, buffer, tracer, names: () => sent.map(({ name }) => name) };
}

/** A root with one child; `finish` ends the child, then the root. */
function begin(tracer: Tracer, name = "root") {
	const root = tracer.startSpan(name, { kind: SpanKind.SERVER }, ROOT_CONTEXT);
	const child = tracer.startSpan(`${name} child`, {}, trace.setSpan(ROOT_CONTEXT, root));
	return {
		root,
		child,
		traceId: root.spanContext().traceId,
		finish: (): void => {
			child.end();
			root.end();
		},
	};
}

const remote = (sampled: boolean, traceId = "0af7651916cd43dd8448eb211c80319c") =>
	trace.setSpanContext(ROOT_CONTEXT, {
		traceId,
		spanId: "00f067aa0ba902b7",
		traceFlags: sampled ? 1 : 0,
		isRemote: true,
	});

describe("what is kept", () => {
	it("nothing of a trace that is neither slow nor failed, and it is counted", () => {
		const { tracer, sent, buffer } = setUp();
		begin(tracer).finish();
		expect(sent).toEqual([]);
		expect(buffer.counts.traces.dropped_over).toBe(1);
		expect(buffer.counts.spans.dropped_over).toBe(2);
		expect(buffer.waiting).toEqual({ traces: 0, spans: 0, bytes: 0 });
	});

	it("all of a trace with an error, marked as kept for that and as local only", () => {
		const { tracer, sent, buffer, names } = setUp();
		const { root, child } = begin(tracer);
		child.setStatus({ code: 2 }).end();
		expect(names()).toEqual(["root child"]);
		root.end();
		expect(names()).toEqual(["root child", "root"]);
		for (const span of sent) {
			expect(span.attributes).toMatchObject({
				"trivet.sampling.reason": "error",
				"trivet.sampling.local_only": true,
			});
			// What goes out was sampled after all; what the services called were told stays as it was.
			expect(span.spanContext().traceFlags).toBe(1);
		}
		expect([root.spanContext().traceFlags, buffer.counts.traces.kept_error]).toEqual([0, 1]);
	});

	it("all of a slow one, from the first span that ends too late", () => {
		const { tracer, clock, names, sent } = setUp();
		const { root, child } = begin(tracer);
		clock.ms += 500;
		child.end();
		expect(names()).toEqual(["root child"]);
		root.end();
		expect(sent.map(({ attributes }) => attributes["trivet.sampling.reason"])).toEqual(["slow", "slow"]);
	});

	it("what the head sampled, unmarked", () => {
		const { tracer, sent, buffer } = setUp({}, 1);
		begin(tracer).finish();
		expect(sent.map(({ attributes }) => attributes)).toEqual([{}, {}]);
		expect(sent[0]!.spanContext().traceState?.serialize()).toBe("ot=th:0");
		expect(buffer.counts.traces.sampled).toBe(1);
	});

	it("an error the head sampled stands for itself alone, and is not local", () => {
		const { tracer, sent } = setUp({}, 1);
		const { root, child } = begin(tracer);
		child.end();
		root.setStatus({ code: 2 }).end();
		expect(sent).toHaveLength(2);
		for (const span of sent) {
			expect(span.attributes).toEqual({ "trivet.sampling.reason": "error" });
			expect(span.spanContext().traceState?.get("ot")).toBeUndefined();
		}
	});

	it("the caller's decision is respected: nothing good of what it did not sample, everything of what it did", () => {
		const { tracer, names } = setUp({}, 1);
		tracer.startSpan("unsampled", {}, remote(false)).end();
		tracer.startSpan("sampled", {}, remote(true, "1af7651916cd43dd8448eb211c80319c")).end();
		expect(names()).toEqual(["sampled"]);
	});

	it("an error in a call of a trace the caller did not sample", () => {
		const { tracer, sent } = setUp({}, 1);
		tracer.startSpan("failed", {}, remote(false)).setStatus({ code: 2 }).end();
		expect(sent[0]?.attributes["trivet.sampling.local_only"]).toBe(true);
	});
});

describe("when a trace is over", () => {
	it("is when the last of its spans without a local parent has ended", () => {
		const { tracer, buffer } = setUp();
		const [first, second] = [tracer.startSpan("a", {}, remote(false)), tracer.startSpan("b", {}, remote(false))];
		first.end();
		expect(buffer.waiting.spans).toBe(1);
		second.end();
		expect(buffer.counts.traces.dropped_over).toBe(1);
	});

	it("later spans follow the decision, but an error is always kept", () => {
		const { tracer, names, buffer } = setUp();
		const { root, child } = begin(tracer);
		const late = tracer.startSpan("late error", {}, trace.setSpan(ROOT_CONTEXT, root));
		const after = tracer.startSpan("after it", {}, trace.setSpan(ROOT_CONTEXT, root));
		root.end();
		child.end();
		expect(buffer.counts.spans.dropped_late).toBe(1);
		late.setStatus({ code: 2 }).end();
		after.end();
		expect(names()).toEqual(["late error", "after it"]);
	});

	it("a service called again in a trace that was dropped decides anew, in one that was kept it adds to it", () => {
		const { tracer, names } = setUp();
		tracer.startSpan("good", {}, remote(false)).end();
		tracer.startSpan("bad", {}, remote(false)).setStatus({ code: 2 }).end();
		tracer.startSpan("good again", {}, remote(false)).end();
		expect(names()).toEqual(["bad", "good again"]);
	});

	it("after the longest wait: slow by then, unless slow is longer still", () => {
		for (const [slowMs, kept] of [
			[500, true],
			[60_000, false],
		] as const) {
			const { tracer, clock, buffer, sent } = setUp({ slowMs, waitMs: 2_000 });
			const { child } = begin(tracer);
			child.end();
			clock.ms += 1_999;
			buffer.expire();
			expect(buffer.waiting.traces).toBe(1);
			clock.ms += 1;
			buffer.expire();
			expect(buffer.waiting).toEqual({ traces: 0, spans: 0, bytes: 0 });
			expect(sent).toHaveLength(kept ? 1 : 0);
			expect(buffer.counts.spans.dropped_wait).toBe(kept ? 0 : 1);
		}
	});

	it("at the end of the process: what is undecided is counted", () => {
		const { tracer, buffer, sent } = setUp();
		begin(tracer).child.end();
		buffer.settle();
		expect(sent).toEqual([]);
		expect([buffer.counts.traces.dropped_exit, buffer.counts.spans.dropped_exit]).toEqual([1, 1]);
	});
});

describe("exemplars", () => {
	it("wait for the decision, and go with the trace", () => {
		const { tracer, buffer } = setUp();
		const shown: string[] = [];
		const [good, bad] = [begin(tracer, "good"), begin(tracer, "bad")];
		for (const { traceId, root } of [good, bad]) {
			expect([buffer.mayKeep(traceId), buffer.isUndecided(traceId)]).toEqual([true, true]);
			buffer.whenKept(traceId, () => shown.push((root as unknown as ReadableSpan).name));
		}
		good.finish();
		expect(shown).toEqual([]);
		bad.child.setStatus({ code: 2 });
		bad.finish();
		expect(shown).toEqual(["bad"]);
		expect([buffer.mayKeep(good.traceId), buffer.mayKeep(bad.traceId)]).toEqual([false, true]);
		expect([buffer.isUndecided(good.traceId), buffer.isUndecided(bad.traceId)]).toEqual([false, false]);
	});

	it("of sampled traces do not wait", () => {
		const { tracer, buffer } = setUp({}, 1);
		expect(buffer.isUndecided(begin(tracer).traceId)).toBe(false);
	});
});

describe("bounds", () => {
	it("the oldest makes room, and is counted", () => {
		const { tracer, buffer } = setUp({ traces: 2 });
		const all = [begin(tracer, "a"), begin(tracer, "b"), begin(tracer, "c")];
		expect(buffer.waiting.traces).toBe(2);
		expect(buffer.counts.traces.dropped_full).toBe(1);
		expect(buffer.isUndecided(all[0]!.traceId)).toBe(false);
	});

	it("a trace the head sampled makes room by leaving early, whole", () => {
		const { tracer, buffer, names } = setUp({ traces: 1 }, 1);
		const [first] = [begin(tracer, "a"), begin(tracer, "b")];
		first!.finish();
		expect(names()).toEqual(["a child", "a"]);
		expect(buffer.counts.traces.dropped_full).toBe(0);
	});

	it("one endless trace has half of the room at most", () => {
		const { tracer, buffer } = setUp({ spans: 10 });
		const { root } = begin(tracer);
		for (let i = 0; i < 20; i++) {
			tracer.startSpan("step", {}, trace.setSpan(ROOT_CONTEXT, root)).end();
		}
		expect(buffer.waiting.spans).toBe(5);
		expect(buffer.counts.spans.dropped_long_trace).toBe(15);
	});

	it("hold in every order of beginnings, ends, errors and pauses, and every span is sent or counted", () => {
		const step = fc.record({
			what: fc.constantFrom("begin", "child", "end", "fail", "pause", "exemplar", "expire"),
			which: fc.nat(30),
			size: fc.nat(5_000),
		});
		fc.assert(
			fc.property(fc.array(step, { maxLength: 300 }), fc.constantFrom<Keep>("none", 0.5, "all"), (steps, keep) => {
				const limits = { traces: 5, spans: 20, bytes: 60_000, waitMs: 1_000 };
				const { tracer, buffer, sent, clock } = setUp(limits, keep);
				const open: ReturnType<Tracer["startSpan"]>[] = [];
				let ended = 0;
				const end = (index: number): void => {
					open.splice(index, 1)[0]?.end();
					ended++;
				};
				for (const { what, which, size } of steps) {
					const index = which % Math.max(1, open.length);
					const at = open[index];
					if (what === "begin") {
						open.push(tracer.startSpan("root", { attributes: { text: "x".repeat(size) } }, ROOT_CONTEXT));
					} else if (what === "pause") {
						clock.ms += which * 10;
					} else if (what === "expire") {
						buffer.expire();
					} else if (at !== undefined) {
						if (what === "child") {
							open.push(tracer.startSpan("child", {}, trace.setSpan(ROOT_CONTEXT, at)));
						} else if (what === "exemplar") {
							buffer.whenKept(at.spanContext().traceId, () => {});
						} else {
							if (what === "fail") {
								at.setStatus({ code: 2 });
							}
							end(index);
						}
					}
					const { traces, spans, bytes } = buffer.waiting;
					expect(traces).toBeLessThanOrEqual(limits.traces);
					expect(spans).toBeLessThanOrEqual(limits.spans);
					expect(bytes).toBeLessThanOrEqual(limits.bytes);
				}
				while (open.length > 0) {
					end(0);
				}
				buffer.settle();
				const dropped = Object.values(buffer.counts.spans).reduce((sum, count) => sum + count, 0);
				expect(sent.length + dropped).toBe(ended);
				expect(buffer.waiting).toEqual({ traces: 0, spans: 0, bytes: 0 });
				const local = sent.filter(({ attributes }) => attributes["trivet.sampling.local_only"] === true);
				expect(local.length).toBe(keep === "none" ? sent.length : keep === "all" ? 0 : local.length);
			}),
		);
	});
});
