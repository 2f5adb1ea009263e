import { describe, expect, it } from "vitest";
import type { CapturedSpan } from "../testing/capture.ts";
import { captureFor } from "../testing/capture-for.ts";
import { runApp } from "../testing/run-app.ts";

const capture = captureFor("one test");

async function spansWith(env: Record<string, string>): Promise<(name: string) => CapturedSpan> {
	await (await fetch(await runApp("limits.mjs", { otlp: capture.url, env }).url())).text();
	await capture.until(() => capture.spans.length === 3, "all spans");
	return (name) => capture.spans.find((span) => span.name === name)!;
}

describe("a span that says too much", () => {
	it("is cut to 128 attributes, events and links, and values of 16,384 characters", async () => {
		const span = await spansWith({});
		const talkative = span("talkative");
		expect(Object.keys(talkative.attributes)).toHaveLength(128);
		expect(talkative.events).toHaveLength(128);
		expect(Object.keys(talkative.events[0]!.attributes)).toHaveLength(128);
		expect(talkative.links).toHaveLength(128);
		const { long, list } = span("long").attributes;
		expect(String(long)).toHaveLength(16_384);
		expect((list as string[]).map(({ length }) => length)).toEqual([16_384, 5]);
	});

	it("is cut where OpenTelemetry's variables say", async () => {
		const span = await spansWith({
			OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: "10",
			OTEL_SPAN_EVENT_COUNT_LIMIT: "3",
			OTEL_SPAN_LINK_COUNT_LIMIT: "2",
			OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: "4",
			OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: "100",
		});
		const talkative = span("talkative");
		expect(Object.keys(talkative.attributes)).toHaveLength(10);
		expect(talkative.events).toHaveLength(3);
		expect(talkative.links).toHaveLength(2);
		expect(String(span("long").attributes.long)).toHaveLength(100);
	});
});
