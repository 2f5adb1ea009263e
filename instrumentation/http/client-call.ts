import {
	type Context,
	propagation,
	type Span,
	SpanKind,
	type TextMapSetter,
	type Tracer,
	trace,
} from "@opentelemetry/api";
import { getRPCMetadata } from "@opentelemetry/core";
import { nowMs } from "../clock.ts";
import { noteFailedCall } from "../metrics/error-cause.ts";
import { spanExemplarLabels } from "../metrics/exemplar.ts";
import type { DurationHistogram } from "../metrics/histogram.ts";
import { errorType, knownMethod, type ServerMetadata } from "./call.ts";
import { redactQuery } from "./redact.ts";

export interface ClientHook {
	tracer: Tracer;
	durations: DurationHistogram;
}

export interface Outgoing {
	method: string | undefined;
	/** `http` or `https`. */
	scheme: string;
	address: string;
	port: number;
	/** With the query. */
	path: string;
}

/** One request on its way out: a client span and one observation, however it ends. */
export class ClientCall {
	private readonly hook: ClientHook;
	private readonly labels: readonly [method: string, address: string, port: string];
	private readonly startMs = nowMs();
	private readonly span: Span;
	private readonly parent: Context;
	private ended = false;
	/** The answer's status; 0 until there is one. */
	status = 0;
	failure: unknown;

	constructor(hook: ClientHook, { method: given, scheme, address, port, path }: Outgoing, parent: Context) {
		const method = knownMethod(given);
		const query = path.indexOf("?");
		const shown = query === -1 ? path : `${path.slice(0, query)}?${redactQuery(path.slice(query + 1))}`;
		this.hook = hook;
		this.parent = parent;
		this.labels = [method, address, String(port)];
		this.span = hook.tracer.startSpan(
			method === "_OTHER" ? "HTTP" : method,
			{
				kind: SpanKind.CLIENT,
				attributes: {
					"http.request.method": method,
					"server.address": address,
					"server.port": port,
					"url.full": `${scheme}://${address.includes(":") ? `[${address}]` : address}:${port}${shown}`,
				},
			},
			parent,
		);
	}

	/** Write the trace context, and the request id of the request this one is made for unless `keep` says there is one. */
	inject<C>(carrier: C, setter: TextMapSetter<C>, hasOwnId: boolean): void {
		propagation.inject(trace.setSpan(this.parent, this.span), carrier, setter);
		const id = (getRPCMetadata(this.parent) as ServerMetadata | undefined)?.requestId;
		if (id !== undefined && !hasOwnId) {
			setter.set(carrier, "X-Request-ID", id);
		}
	}

	/** @param cancelled the caller gave up on purpose, which is no error. */
	end(cancelled = false): void {
		if (this.ended) {
			return;
		}
		this.ended = true;
		const endMs = nowMs();
		const { span, status, failure } = this;
		const error = cancelled ? "" : failure !== undefined ? errorType(failure) : status >= 400 ? String(status) : "";
		if (span.isRecording()) {
			if (status !== 0) {
				span.setAttribute("http.response.status_code", status);
			}
			if (error !== "") {
				span.setAttribute("error.type", error);
				span.setStatus(failure instanceof Error ? { code: 2, message: failure.message } : { code: 2 });
			}
		}
		span.end();
		if (error !== "") {
			noteFailedCall(this.parent, "external", failure, status);
		}
		this.hook.durations.observe(
			[...this.labels, status === 0 ? "" : String(status), error],
			Math.max(0, endMs - this.startMs) / 1000,
			spanExemplarLabels(span),
			endMs,
		);
	}
}
