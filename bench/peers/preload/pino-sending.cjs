/** instrumentation-pino with its defaults: ids on the lines, and every line as a record to the SDK's batch processor and OTLP exporter. */
const { logs } = require("@opentelemetry/api-logs");
const { OTLPLogExporter } = require("@opentelemetry/exporter-logs-otlp-proto");
const { registerInstrumentations } = require("@opentelemetry/instrumentation");
const { PinoInstrumentation } = require("@opentelemetry/instrumentation-pino");
const { BatchLogRecordProcessor, LoggerProvider } = require("@opentelemetry/sdk-logs");
const { NodeTracerProvider } = require("@opentelemetry/sdk-trace-node");

new NodeTracerProvider().register();
const processor = new BatchLogRecordProcessor({ exporter: new OTLPLogExporter() });
logs.setGlobalLoggerProvider(new LoggerProvider({ processors: [processor] }));
registerInstrumentations({ instrumentations: [new PinoInstrumentation()] });
