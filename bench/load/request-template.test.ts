import { PbfReader } from "pbf";
import { describe, expect, it } from "vitest";
import { traceIdOf } from "./identity.ts";
import {
	patchRequest,
	requestTemplate,
	SPANS_PER_REQUEST,
	spansOfTrace,
	TRACES_PER_REQUEST,
} from "./request-template.ts";

interface Item {
	service: string;
	traceId: string;
	spanId: string;
	parentId: string;
	startNs: bigint;
	endNs: bigint;
}

/** Reads spans or log records of a request; only what is patched. */
function read(bytes: Buffer, signal: "traces" | "logs"): Item[] {
	const items: Item[] = [];
	const pbf = new PbfReader(bytes);
	const hex = () => Buffer.from(pbf.readBytes()).toString("hex");
	const nanos = () => {
		const value = bytes.readBigUInt64LE(pbf.pos);
		pbf.pos += 8;
		return value;
	};
	const inMessage = (onField: (field: number) => void) => pbf.readMessage((field) => onField(field), null);
	const fields: Record<number, keyof Item> =
		signal === "traces"
			? { 1: "traceId", 2: "spanId", 4: "parentId", 7: "startNs", 8: "endNs" }
			: { 1: "startNs", 9: "traceId", 10: "spanId", 11: "endNs" };
	pbf.readFields(() => {
		let service = "";
		inMessage((part) => {
			if (part === 1)
				inMessage(() => inMessage((at) => at === 2 && service === "" && inMessage(() => (service = pbf.readString()))));
			else
				inMessage((field) => {
					if (field !== 2) return;
					const item: Item = { service, traceId: "", spanId: "", parentId: "", startNs: 0n, endNs: 0n };
					inMessage((at) => {
						const key = fields[at];
						if (key) Object.assign(item, { [key]: key.endsWith("Ns") ? nanos() : hex() });
					});
					items.push(item);
				});
		});
	}, null);
	return items;
}

function request(signal: "traces" | "logs", variant: number, firstTrace: number, startNs: bigint): Item[] {
	const template = requestTemplate(signal, variant);
	const bytes = Buffer.from(template.bytes);
	patchRequest(bytes, template, { seed: 7, firstTrace }, startNs, 20_000_000);
	return read(bytes, signal);
}

const START = 1_795_262_341_902_000_000n;

describe("a request of the load", () => {
	it("has 512 spans of 24 traces over eight services, each span in its parent", () => {
		const spans = request("traces", 3, 24_000, START);
		expect(spans.length).toBe(SPANS_PER_REQUEST);
		expect(SPANS_PER_REQUEST).toBe(512);
		expect(new Set(spans.map((span) => span.service)).size).toBe(8);
		const byId = new Map(spans.map((span) => [span.traceId + span.spanId, span]));
		expect(byId.size).toBe(512);
		for (const span of spans) {
			const parent = byId.get(span.traceId + span.parentId);
			expect(parent !== undefined).toBe(span.parentId !== "");
			expect(span.endNs > span.startNs && span.startNs >= START && span.startNs < START + 10_000_000_000n).toBe(true);
			if (parent) expect(span.startNs >= parent.startNs).toBe(true);
		}
		for (let i = 0; i < TRACES_PER_REQUEST; i++) {
			const id = traceIdOf(7, 24_000 + i);
			expect(spans.filter((span) => span.traceId === id).length).toBe(spansOfTrace(24_000 + i));
		}
	});

	it("has one line per span, with its ids and within its time", () => {
		const spans = new Map(request("traces", 5, 48, START).map((span) => [span.traceId + span.spanId, span]));
		const lines = request("logs", 5, 48, START);
		expect(lines.length).toBe(spans.size);
		for (const line of lines) {
			const span = spans.get(line.traceId + line.spanId)!;
			expect(line.startNs >= span.startNs && line.startNs <= span.endNs).toBe(true);
		}
	});

	it("shares no id with another one", () => {
		const ids = new Set<string>();
		for (let i = 0; i < 50; i++) {
			for (const { traceId, spanId } of request("traces", i % 8, i * TRACES_PER_REQUEST, START))
				ids.add(traceId + spanId);
		}
		expect(ids.size).toBe(50 * SPANS_PER_REQUEST);
	});
});
