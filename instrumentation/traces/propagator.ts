import type { Context, TextMapSetter } from "@opentelemetry/api";
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from "@opentelemetry/core";

/** OpenTelemetry's, which passes an empty tracestate on when every member of the caller's was invalid; W3C forbids the empty header. */
class TraceContextPropagator extends W3CTraceContextPropagator {
	override inject(from: Context, carrier: unknown, setter: TextMapSetter): void {
		super.inject(from, carrier, {
			set(target, key, value) {
				if (value !== "") {
					setter.set(target, key, value);
				}
			},
		});
	}
}

/** W3C trace context and baggage. */
export const propagator = new CompositePropagator({
	propagators: [new TraceContextPropagator(), new W3CBaggagePropagator()],
});
