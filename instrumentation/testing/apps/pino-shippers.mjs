import http from "node:http";

/** A logger whose lines a transport ships to the store at `url`, by the way it does. */
export function shippedLogger(pino, how, url) {
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
		here: async () => pino({}, (await import("pino-loki")).pinoLoki({ host: url, batching: false })),
	};
	return makers[how]();
}

/** Each request writes a line by both. */
export function serve(shipped, plain) {
	const server = http.createServer((_request, response) => {
		shipped.info("by the transport");
		plain.info("by us");
		response.end();
	});
	server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
}
