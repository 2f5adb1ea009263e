/** instrumentation-pino alone: ids on the lines, nothing sent. */
const { registerInstrumentations } = require("@opentelemetry/instrumentation");
const { PinoInstrumentation } = require("@opentelemetry/instrumentation-pino");
const { NodeTracerProvider } = require("@opentelemetry/sdk-trace-node");

new NodeTracerProvider().register();
registerInstrumentations({ instrumentations: [new PinoInstrumentation({ disableLogSending: true })] });
