import {
	type Attributes,
	type Context,
	context,
	type Link,
	propagation,
	ROOT_CONTEXT,
	type Span,
	SpanKind,
	trace,
} from "@opentelemetry/api";
import { nowMs } from "./clock.ts";
import { errorType, fail } from "./http/call.ts";
import { instance } from "./instance.ts";
import { noteFailedCall } from "./metrics/error-cause.ts";
import { spanExemplarLabels } from "./metrics/exemplar.ts";

/** Anything that can carry text headers with a message: its own header map, or a field of its envelope. */
export type Carrier = Record<string, unknown>;

export interface MessageDescription {
	/** `mqtt`, `kafka`, `rabbitmq`, ... */
	system: string;
	/** Topic or queue. A template, not one name per message: it becomes a metric label. */
	destination: string;
	/** What the client library calls it; `publish` or `process` unless given. */
	operation?: string;
	/** Further span attributes, e.g. `messaging.message.id`. */
	attributes?: Attributes;
}

export interface ConsumedMessage extends MessageDescription {
	/** Where the producer put the context. Several for a batch. */
	carrier?: Carrier | readonly Carrier[];
	/**
	 * `parent` continues the producer's trace (one message, handled once: the default for a single carrier); `link` starts a new
	 * trace that links to it (batches, fan-out, work that outlives the request).
	 */
	relation?: "parent" | "link";
}

/** Write the active trace context (W3C traceparent, tracestate, baggage) into `carrier`, and return it. */
export function injectContext<C extends Carrier>(carrier: C, from: Context = context.active()): C {
	propagation.inject(from, carrier);
	return carrier;
}

/** The context a producer left in `carrier`; the root context when there is none. Only text values are read. */
export function extractContext(carrier: Carrier | undefined): Context {
	return carrier === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, carrier, getter);
}

const getter = {
	keys: (carrier: Carrier): string[] => Object.keys(carrier),
	get(carrier: Carrier, key: string): string | undefined {
		const value = carrier[key] ?? carrier[key.toLowerCase()];
		return typeof value === "string" ? value : value instanceof Uint8Array ? Buffer.from(value).toString() : undefined;
	},
};

/**
 * Run `send` in a producer span: `injectContext` inside it gives the message this span's context.
 *
 * @returns what `send` returns; what it throws is recorded and thrown on.
 */
export function withProducerSpan<T>(message: MessageDescription, send: (span: Span) => T): T {
	return run(message, message.operation ?? "publish", "send", SpanKind.PRODUCER, context.active(), [], send);
}

/** Run `handle` in a consumer span that continues, or links to, the producer's trace. */
export function withConsumerSpan<T>(message: ConsumedMessage, handle: (span: Span) => T): T {
	const carriers: readonly Carrier[] =
		message.carrier === undefined
			? []
			: Array.isArray(message.carrier)
				? message.carrier
				: [message.carrier as Carrier];
	const producers = carriers.map(extractContext);
	const single = producers.length === 1 && message.relation !== "link";
	const links = new Map<string, Link>();
	for (const producer of single ? [] : producers) {
		const of = trace.getSpanContext(producer);
		// Messages that were sent together share a producer.
		if (of !== undefined) {
			links.set(`${of.traceId}${of.spanId}`, { context: of });
		}
	}
	const parent = single ? producers[0]! : producers.length === 1 ? baggageOf(producers[0]!) : ROOT_CONTEXT;
	return run(
		message,
		message.operation ?? "process",
		"process",
		SpanKind.CONSUMER,
		parent,
		[...links.values()],
		handle,
	);
}

/** A trace of its own, but what the producer said about the work stays true. */
function baggageOf(producer: Context): Context {
	const baggage = propagation.getBaggage(producer);
	return baggage === undefined ? ROOT_CONTEXT : propagation.setBaggage(ROOT_CONTEXT, baggage);
}

function run<T>(
	{ system, destination, attributes }: MessageDescription,
	operation: string,
	operationType: "send" | "process",
	kind: SpanKind,
	parent: Context,
	links: Link[],
	work: (span: Span) => T,
): T {
	const startMs = nowMs();
	const span = trace.getTracer("@trivet/instrumentation").startSpan(
		`${operation} ${destination}`,
		{
			kind,
			links,
			attributes: {
				"messaging.system": system,
				"messaging.destination.name": destination,
				"messaging.operation.name": operation,
				"messaging.operation.type": operationType,
				...attributes,
			},
		},
		parent,
	);
	const end = (error?: unknown): void => {
		let type = "";
		if (error !== undefined) {
			type = errorType(error);
			fail(span, error);
			span.setAttribute("error.type", type);
			if (kind === SpanKind.PRODUCER) {
				noteFailedCall(parent, "external", error);
			}
		}
		span.end();
		const endMs = nowMs();
		const red = instance()?.red;
		(kind === SpanKind.PRODUCER ? red?.messagingPublish : red?.messagingProcess)?.observe(
			[system, destination, operation, type],
			Math.max(0, endMs - startMs) / 1000,
			spanExemplarLabels(span),
			endMs,
		);
	};
	return context.with(trace.setSpan(parent, span), () => {
		let result: T;
		try {
			result = work(span);
		} catch (error) {
			end(error ?? new Error("thrown without a value"));
			throw error;
		}
		if (result instanceof Promise) {
			return result.then(
				(value: unknown) => {
					end();
					return value;
				},
				(error: unknown) => {
					end(error ?? new Error("rejected without a value"));
					throw error;
				},
			) as T;
		}
		end();
		return result;
	});
}
