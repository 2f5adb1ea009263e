import { randomSource, writeSpanId, writeTraceId } from "./identity.ts";
import { anyValue, type Mark, ProtoWriter } from "./proto-writer.ts";
import { type ShapeKind, type ShapeSpan, traceMix } from "./trace-shapes.ts";

const KINDS: Record<ShapeKind, number> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };
const HIGH = 2 ** 32;

export const TRACES_PER_REQUEST = traceMix().length;
export const SPANS_PER_REQUEST = traceMix().reduce((sum, shape) => sum + shape.length, 0);

/** An OTLP request encoded once; every use is the same bytes with other ids and times. */
export interface RequestTemplate {
	signal: "traces" | "logs";
	/** Spans or log records in it. */
	items: number;
	bytes: Buffer;
	marks: readonly Mark[];
}

/** How many spans trace `number` has, and as many lines. */
export function spansOfTrace(number: number): number {
	return SHAPE_SIZES[number % TRACES_PER_REQUEST]!;
}
const SHAPE_SIZES = traceMix().map((shape) => shape.length);

/**
 * Requests as a collector sends them: 512 spans of 24 traces, grouped by service. Each variant has other durations, the same for
 * traces and logs of one variant.
 */
export function requestTemplate(signal: "traces" | "logs", variant: number): RequestTemplate {
	const random = randomSource(variant + 1);
	const services = new Map<string, ProtoWriter>();
	let items = 0;
	traceMix().forEach((shape, trace) => {
		// Mostly near its usual duration, now and then several times slower.
		const stretch = Math.exp((random() + random() + random() - 1.5) * 1.2);
		shape.forEach((span, index) => {
			let scope = services.get(span.service);
			if (!scope) {
				scope = new ProtoWriter().message(1, new ProtoWriter().string(1, "bench").string(2, "1.0.0"));
				services.set(span.service, scope);
			}
			scope.message(
				2,
				signal === "traces" ? encodeSpan(span, trace, index, stretch) : encodeLine(span, trace, index, stretch),
			);
			items++;
		});
	});
	const request = new ProtoWriter();
	for (const [service, scope] of services) {
		const resource = new ProtoWriter().attributes(1, { "service.name": service, "service.version": "1.4.2" });
		request.message(1, new ProtoWriter().message(1, resource).message(2, scope));
	}
	return { signal, items, bytes: request.finish(), marks: request.marks };
}

/** Makes `bytes` (a copy of the template's) the request of the traces `firstTrace` to `firstTrace + 23`, each `stepNs` after the one before. */
export function patchRequest(
	bytes: Buffer,
	template: RequestTemplate,
	identity: { seed: number; firstTrace: number },
	startUnixNano: bigint,
	stepNs: number,
): void {
	const { seed, firstTrace } = identity;
	const baseHigh = Number(startUnixNano >> 32n);
	const baseLow = Number(startUnixNano & 0xffffffffn);
	for (const mark of template.marks) {
		const trace = firstTrace + mark.trace;
		if (mark.kind === "time") {
			const low = baseLow + mark.trace * stepNs + mark.offsetNs;
			bytes.writeUInt32LE(low % HIGH, mark.at);
			bytes.writeUInt32LE(baseHigh + Math.floor(low / HIGH), mark.at + 4);
		} else if (mark.kind === "traceId") writeTraceId(bytes, mark.at, seed, trace);
		else writeSpanId(bytes, mark.at, seed, trace, mark.span);
	}
}

function encodeSpan(span: ShapeSpan, trace: number, index: number, stretch: number): ProtoWriter {
	const startNs = Math.round(span.startMs * stretch * 1e6);
	const endNs = startNs + Math.round(span.durationMs * stretch * 1e6);
	const writer = new ProtoWriter()
		.markedId(1, 16, { kind: "traceId", trace, span: index })
		.markedId(2, 8, { kind: "spanId", trace, span: index });
	if (span.parent >= 0) writer.markedId(4, 8, { kind: "parentSpanId", trace, span: span.parent });
	return writer
		.string(5, span.name)
		.varint(6, KINDS[span.kind])
		.markedTime(7, { trace, span: index, offsetNs: startNs })
		.markedTime(8, { trace, span: index, offsetNs: endNs })
		.attributes(9, span.attributes)
		.message(15, span.failed ? new ProtoWriter().varint(3, 2) : new ProtoWriter());
}

function encodeLine(span: ShapeSpan, trace: number, index: number, stretch: number): ProtoWriter {
	const timeNs = Math.round((span.startMs + span.durationMs / 2) * stretch * 1e6);
	return new ProtoWriter()
		.markedTime(1, { trace, span: index, offsetNs: timeNs })
		.varint(2, span.failed ? 17 : 9)
		.string(3, span.failed ? "ERROR" : "INFO")
		.message(5, anyValue(span.line))
		.attributes(6, { "log.logger": "pino", "shop.customer": `c-${(trace * 7919) % 1000}` })
		.markedId(9, 16, { kind: "traceId", trace, span: index })
		.markedId(10, 8, { kind: "spanId", trace, span: index })
		.markedTime(11, { trace, span: index, offsetNs: timeNs });
}
