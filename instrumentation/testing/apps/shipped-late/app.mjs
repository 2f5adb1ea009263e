// One logger whose lines a transport ships to the store at the second argument, and one without; started after both.
import http from "node:http";
import { start } from "@trivet/instrumentation";
import pino from "pino";

const [how, url] = process.argv.slice(2);
const otlp = {
	target: "pino-opentelemetry-transport",
	options: {
		logRecordProcessorOptions: {
			recordProcessorType: "simple",
			exporterOptions: { protocol: "http", httpExporterOptions: { url: `${url}/v1/logs` } },
		},
	},
};
const loki = { target: "pino-loki", options: { host: url, batching: false } };
const file = { target: "pino/file", options: { destination: 1 } };
const makers = {
	otlp: () => pino({ transport: otlp }),
	loki: () => pino({ transport: loki }),
	targets: () => pino({ transport: { targets: [file, loki] } }),
	pipeline: () => pino({ transport: { pipeline: [loki] } }),
	multistream: () => pino({}, pino.multistream([{ stream: process.stdout }, { stream: pino.transport(loki) }])),
	file: () => pino({ transport: file }),
};
const shipped = makers[how]();
const plain = pino(pino.destination({ sync: true }));
start();
const server = http.createServer((_request, response) => {
	shipped.info("by the transport");
	plain.info("by us");
	response.end();
});
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
