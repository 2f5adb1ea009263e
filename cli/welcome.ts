/** What `npm start` says when everything runs: where to look, and how to send one's own data. */

export interface Running {
	consoleUrl: string;
	otlpEndpoint: string;
	demo: boolean;
	dataDir: string;
	/** Of the checkout, where the instrumentation package lies. */
	root: string;
}

export function welcome({ consoleUrl, otlpEndpoint, demo, dataDir, root }: Running): string {
	return `
  Trivet is running.

  Console        ${consoleUrl}
  OTLP/HTTP      ${otlpEndpoint}   (traces, logs, metrics; protobuf or JSON)
  Data           ${dataDir}   (npm run reset erases it)
  ${demo ? "Demo shop      live traffic; its faults are switched on the console's Status page" : "No data yet?   send some, or start without --no-demo"}

  Send your own:

  Node           npm install ${root}/instrumentation
                 OTEL_SERVICE_NAME=my-app OTEL_EXPORTER_OTLP_ENDPOINT=${otlpEndpoint} \\
                   node --import @trivet/instrumentation/register app.js

  any OTel SDK   OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf OTEL_EXPORTER_OTLP_ENDPOINT=${otlpEndpoint}

  curl           curl ${otlpEndpoint}/v1/traces -H 'content-type: application/json' -d \\
                   "{\\"resourceSpans\\":[{\\"resource\\":{\\"attributes\\":[{\\"key\\":\\"service.name\\",\\"value\\":{\\"stringValue\\":\\"curl\\"}}]},\\"scopeSpans\\":[{\\"spans\\":[{\\"traceId\\":\\"$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')\\",\\"spanId\\":\\"$(od -An -N8 -tx1 /dev/urandom | tr -d ' \\n')\\",\\"name\\":\\"hello\\",\\"kind\\":2,\\"startTimeUnixNano\\":\\"$(date +%s)000000000\\",\\"endTimeUnixNano\\":\\"$(date +%s)250000000\\"}]}]}]}"

  Ctrl-C stops everything.

`;
}
