/** Lines that send something to Trivet, ready to paste: the same the start of `npm start` prints. */

export interface SendLines {
	id: string;
	title: string;
	note: string;
	text: string;
}

export function sendLines(endpoint: string): SendLines[] {
	return [
		{
			id: "node",
			title: "A Node app",
			note: "No code changes: spans, logs with trace ids, metrics with exemplars.",
			text: `npm install PATH_TO_TRIVET/instrumentation
OTEL_SERVICE_NAME=my-app \\
OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint} \\
  node --import @trivet/instrumentation/register app.js`,
		},
		{
			id: "curl",
			title: "One span, by hand",
			note: "Appears on this page within two seconds.",
			text: `curl ${endpoint}/v1/traces -H 'content-type: application/json' -d "{\\"resourceSpans\\":[{
  \\"resource\\":{\\"attributes\\":[{\\"key\\":\\"service.name\\",\\"value\\":{\\"stringValue\\":\\"curl\\"}}]},
  \\"scopeSpans\\":[{\\"spans\\":[{\\"name\\":\\"hello\\",\\"kind\\":2,
    \\"traceId\\":\\"$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')\\",\\"spanId\\":\\"$(od -An -N8 -tx1 /dev/urandom | tr -d ' \\n')\\",
    \\"startTimeUnixNano\\":\\"$(date +%s)000000000\\",\\"endTimeUnixNano\\":\\"$(date +%s)250000000\\"}]}]}]}"`,
		},
		{
			id: "sdk",
			title: "Any OpenTelemetry SDK or Collector",
			note: "OTLP over HTTP, protobuf or JSON, gzip if you like.",
			text: `OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}`,
		},
		{
			id: "import",
			title: "A file of OTLP/JSON lines",
			note: "Traces, logs and metrics, plain or gzip, of any age.",
			text: "npm run import -- traces.jsonl.gz logs.jsonl",
		},
	];
}
