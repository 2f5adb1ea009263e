/** OpenTelemetry's tracer and context, no instrumentation: what lines in a span are compared with. */
const { NodeTracerProvider } = require("@opentelemetry/sdk-trace-node");

new NodeTracerProvider().register();
