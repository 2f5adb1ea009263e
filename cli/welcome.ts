/** What `npm start` and `npm run stack` say when everything runs: where to look, and how to send one's own data. */

export interface Running {
	consoleUrl: string;
	/** Where apps send OTLP/HTTP; null when nobody said. */
	otlpEndpoint: string | null;
	demo: boolean;
	/** One line each: what else listens or where the data is. */
	places: readonly (readonly [name: string, place: string])[];
	/** Of the checkout, where the instrumentation package lies. */
	root: string;
}

export function welcome({ consoleUrl, otlpEndpoint, demo, places, root }: Running): string {
	const rows: (readonly [string, string])[] = [["Console", consoleUrl]];
	if (otlpEndpoint !== null) rows.push(["OTLP/HTTP", `${otlpEndpoint}   (traces, logs, metrics; protobuf or JSON)`]);
	rows.push(...places);
	if (demo) rows.push(["Demo shop", "live traffic; its faults are switched on the console's Status page"]);
	else if (otlpEndpoint !== null) rows.push(["No data yet?", "send some, or start without --no-demo"]);
	return `
  Trivet is running.

${rows.map(([name, place]) => `  ${name.padEnd(14)} ${place}`).join("\n")}
${otlpEndpoint === null ? "" : sending(otlpEndpoint, root)}
  Ctrl-C stops everything.

`;
}

function sending(otlpEndpoint: string, root: string): string {
	return `
  Send your own:

  Node           npm install ${root}/instrumentation
                 OTEL_SERVICE_NAME=my-app OTEL_EXPORTER_OTLP_ENDPOINT=${otlpEndpoint} \\
                   node --import @trivet/instrumentation/register app.js

  any OTel SDK   OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf OTEL_EXPORTER_OTLP_ENDPOINT=${otlpEndpoint}

  curl           curl ${otlpEndpoint}/v1/traces -H 'content-type: application/json' -d \\
                   "{\\"resourceSpans\\":[{\\"resource\\":{\\"attributes\\":[{\\"key\\":\\"service.name\\",\\"value\\":{\\"stringValue\\":\\"curl\\"}}]},\\"scopeSpans\\":[{\\"spans\\":[{\\"traceId\\":\\"$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')\\",\\"spanId\\":\\"$(od -An -N8 -tx1 /dev/urandom | tr -d ' \\n')\\",\\"name\\":\\"hello\\",\\"kind\\":2,\\"startTimeUnixNano\\":\\"$(date +%s)000000000\\",\\"endTimeUnixNano\\":\\"$(date +%s)250000000\\"}]}]}]}"
`;
}
