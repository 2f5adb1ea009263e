import {
	type Attributes,
	type AttributeValue,
	type Context,
	context,
	createNoopMeter,
	type Histogram,
	type Meter,
	type MeterProvider,
	type Span,
	SpanKind,
	type SpanOptions,
	type Tracer,
	type TracerProvider,
	trace,
} from "@opentelemetry/api";
import { nowMs } from "../clock.ts";
import { noteFailedCall } from "../metrics/error-cause.ts";
import { spanExemplarLabels } from "../metrics/exemplar.ts";
import type { DurationHistogram } from "../metrics/histogram.ts";

const SHORT_WAIT_MS = 1;
const connectSpans = new WeakSet<Span>();
const connectionsOpened = new WeakSet<Span>();

/**
 * Providers for the PostgreSQL instrumentation. It records a query's duration and, in the same breath, ends its span; joined
 * here, the observation gets that span's exemplar, and the span gets the SQLSTATE that only the observation knows.
 *
 * Spans are named as the conventions say (`SELECT shop`, not `pg.query:SELECT shop`), the operation is the statement's first
 * word however it is indented, and taking a free connection from the pool is no span unless it took a millisecond.
 */
export function measuredDb(
	provider: TracerProvider,
	durations: DurationHistogram,
): { tracers: TracerProvider; meters: MeterProvider } {
	const recorded: { attributes: Attributes | undefined; seconds: number } = { attributes: undefined, seconds: 0 };

	const query = (tracer: Tracer, name: string, options: SpanOptions = {}, parent: Context = context.active()): Span => {
		const namespace = options.attributes?.["db.namespace"];
		let operation = "";
		const span = tracer.startSpan(name, options, parent);
		const { setAttribute, setStatus, end } = span;
		let message: string | undefined;
		span.setStatus = function (this: Span, status) {
			message = status.message;
			return setStatus.call(this, status);
		};
		span.setAttribute = function (this: Span, key: string, value: AttributeValue) {
			if (key === "db.query.text" && typeof value === "string") {
				operation = operationOf(value);
				setAttribute.call(this, "db.operation.name", operation);
				this.updateName(namespace === undefined ? operation : `${operation} ${String(namespace)}`);
			}
			return setAttribute.call(this, key, value);
		};
		span.end = function (this: Span, at) {
			const { attributes, seconds } = recorded;
			recorded.attributes = undefined;
			if (attributes !== undefined) {
				const text = (key: string): string => (attributes[key] === undefined ? "" : String(attributes[key]));
				const error = text("error.type");
				if (error !== "") {
					noteFailedCall(parent, "db", error, { message });
					setAttribute.call(this, "error.type", error);
					setAttribute.call(this, "db.response.status_code", error);
				}
				durations.observe(
					[text("db.system.name"), text("db.namespace"), operation, text("server.address"), text("server.port"), error],
					seconds,
					spanExemplarLabels(this),
					nowMs(),
				);
			}
			end.call(this, at);
		};
		return span;
	};

	const startSpan = (tracer: Tracer, name: string, options?: SpanOptions, parent?: Context): Span =>
		name.startsWith("pg.query") ? query(tracer, name, options, parent) : connect(tracer, name, options, parent);

	const meter = Object.create(createNoopMeter()) as Meter;
	const createNoop = meter.createHistogram.bind(meter);
	meter.createHistogram = ((name: string) =>
		name === "db.client.operation.duration"
			? ({
					record(seconds: number, attributes: Attributes = {}) {
						recorded.attributes = attributes;
						recorded.seconds = seconds;
					},
				} satisfies Histogram)
			: createNoop(name)) as Meter["createHistogram"];

	return {
		meters: { getMeter: () => meter },
		tracers: {
			getTracer(name, version, options) {
				const tracer = provider.getTracer(name, version, options);
				return {
					startSpan: (spanName: string, spanOptions?: SpanOptions, parent?: Context) =>
						startSpan(tracer, spanName, spanOptions, parent),
					startActiveSpan: tracer.startActiveSpan.bind(tracer) as Tracer["startActiveSpan"],
				};
			},
		},
	};
}

/** Getting a connection is work inside this process, not a call to the database that a topology should count. */
function connect(tracer: Tracer, name: string, options: SpanOptions = {}, parent: Context = context.active()): Span {
	const span = tracer.startSpan(name, { ...options, kind: SpanKind.INTERNAL }, parent);
	const around = trace.getSpan(parent);
	if (around !== undefined && connectSpans.has(around)) {
		connectionsOpened.add(around);
	}
	connectSpans.add(span);
	const startMs = nowMs();
	let failed = false;
	const { setStatus, end } = span;
	span.setStatus = function (this: Span, status) {
		if (status.code === 2) {
			failed = true;
			// A pool that gives no connection in time says so in words.
			noteFailedCall(parent, "db", status);
		}
		return setStatus.call(this, status);
	};
	span.end = function (this: Span, at) {
		// A span that never ends is never sent.
		if (failed || connectionsOpened.has(this) || nowMs() - startMs >= SHORT_WAIT_MS) {
			end.call(this, at);
		}
	};
	return span;
}

const LOOKED_AT = 2_000;

/** The first word of a statement in upper case, past white space, comments and parentheses; `_OTHER` when there is none. */
export function operationOf(sql: string): string {
	const text = sql.slice(0, LOOKED_AT);
	let at = 0;
	while (at < text.length) {
		if (/[\s(;]/.test(text[at]!)) {
			at++;
		} else if (text.startsWith("--", at)) {
			at = after(text, "\n", at);
		} else if (text.startsWith("/*", at)) {
			at = after(text, "*/", at + 2);
		} else {
			break;
		}
	}
	return /^[a-z]+/i.exec(text.slice(at, at + 32))?.[0].toUpperCase() ?? "_OTHER";
}

function after(text: string, mark: string, from: number): number {
	const found = text.indexOf(mark, from);
	return found === -1 ? text.length : found + mark.length;
}
