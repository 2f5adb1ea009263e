import {
	type Attributes,
	type AttributeValue,
	type Context,
	context,
	type Span,
	SpanKind,
	type SpanOptions,
	type SpanStatus,
	type Tracer,
	type TracerProvider,
} from "@opentelemetry/api";
import { nowMs } from "../clock.ts";
import { noteFailedCall } from "../metrics/error-cause.ts";
import { spanExemplarLabels } from "../metrics/exemplar.ts";
import type { DurationHistogram } from "../metrics/histogram.ts";

const STATUS = [
	"OK",
	"CANCELLED",
	"UNKNOWN",
	"INVALID_ARGUMENT",
	"DEADLINE_EXCEEDED",
	"NOT_FOUND",
	"ALREADY_EXISTS",
	"PERMISSION_DENIED",
	"RESOURCE_EXHAUSTED",
	"FAILED_PRECONDITION",
	"ABORTED",
	"OUT_OF_RANGE",
	"UNIMPLEMENTED",
	"INTERNAL",
	"UNAVAILABLE",
	"DATA_LOSS",
	"UNAUTHENTICATED",
];
/** The codes that are the server's fault, by the semantic conventions for gRPC; on the client every code but OK is an error. */
const SERVER_FAULTS = new Set([
	"UNKNOWN",
	"DEADLINE_EXCEEDED",
	"UNIMPLEMENTED",
	"INTERNAL",
	"UNAVAILABLE",
	"DATA_LOSS",
]);

export interface RpcDurations {
	server: DurationHistogram;
	client: DurationHistogram;
}

/**
 * The gRPC instrumentation makes spans but measures nothing. This provider hands it a tracer that counts each call when its
 * span ends, sampled or not, and gives spans the names and attributes of today's conventions (it still writes `grpc.` names).
 */
export function measuredRpcProvider(provider: TracerProvider, durations: RpcDurations): TracerProvider {
	return {
		getTracer(name, version, options) {
			const tracer = provider.getTracer(name, version, options);
			return {
				startSpan: (spanName: string, spanOptions?: SpanOptions, parent?: Context) =>
					measure(tracer, durations, spanName, spanOptions, parent),
				startActiveSpan: tracer.startActiveSpan.bind(tracer) as Tracer["startActiveSpan"],
			};
		},
	};
}

function measure(
	tracer: Tracer,
	durations: RpcDurations,
	name: string,
	options: SpanOptions = {},
	parent: Context = context.active(),
): Span {
	const method = name.replace(/^grpc\./, "");
	const attributes: Attributes = { "rpc.system": "grpc", "rpc.system.name": "grpc", ...options.attributes };
	const span = tracer.startSpan(method, { ...options, attributes }, parent);
	const startMs = nowMs();
	const isServer = options.kind === SpanKind.SERVER;
	let code: number | undefined;
	let ended = false;
	let outcome: SpanStatus | undefined;
	const { setAttribute, setAttributes, setStatus, end } = span;
	span.setAttribute = function (this: Span, key: string, value: AttributeValue) {
		if (key === "rpc.grpc.status_code") {
			code = Number(value);
		}
		return setAttribute.call(this, key, value);
	};
	span.setAttributes = function (this: Span, given: Attributes) {
		if (given["rpc.grpc.status_code"] !== undefined) {
			code = Number(given["rpc.grpc.status_code"]);
		}
		return setAttributes.call(this, given);
	};
	// It marks every code but OK as an error; on the server most are the caller's mistake, which only the code can tell.
	span.setStatus = function (this: Span, status) {
		outcome = status;
		return this;
	};
	span.end = function (this: Span, at) {
		if (!ended) {
			ended = true;
			const status = code === undefined ? "" : (STATUS[code] ?? String(code));
			const error = status !== "" && (isServer ? SERVER_FAULTS.has(status) : status !== "OK") ? status : "";
			if (status !== "") {
				setAttribute.call(this, "rpc.response.status_code", status);
			}
			if (error !== "") {
				setAttribute.call(this, "error.type", error);
				if (!isServer) {
					noteFailedCall(parent, "external", status);
				}
			}
			if (outcome !== undefined && (error !== "" || status === "")) {
				setStatus.call(this, outcome);
			}
			const endMs = nowMs();
			(isServer ? durations.server : durations.client).observe(
				["grpc", method, status, error],
				Math.max(0, endMs - startMs) / 1000,
				spanExemplarLabels(this),
				endMs,
			);
		}
		end.call(this, at);
	};
	return span;
}
