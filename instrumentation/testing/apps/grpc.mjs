// A gRPC server and, behind an HTTP route, its client.
import http from "node:http";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { context, propagation } from "@opentelemetry/api";
import pino from "pino";

const { shop } = grpc.loadPackageDefinition(
	loadSync(new URL("shop.proto", import.meta.url).pathname, { keepCase: true }),
);
const log = pino();
const server = new grpc.Server();
server.addService(shop.Stock.service, {
	Check(call, answer) {
		const tenant = propagation.getBaggage(context.active())?.getEntry("tenant")?.value;
		log.info({ sku: call.request.sku, tenant }, "stock checked");
		if (call.request.sku === "missing") {
			answer({ code: grpc.status.NOT_FOUND, details: "no such sku" });
		} else if (call.request.sku === "broken") {
			answer({ code: grpc.status.INTERNAL, details: "shelf fell over" });
		} else {
			answer(null, { count: 3 });
		}
	},
});
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (_error, port) => {
	const client = new shop.Stock(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
	const front = http.createServer((request, response) => {
		client.Check({ sku: request.url.slice(1) }, (error, answer) => {
			response.end(JSON.stringify(error ? { code: error.code } : answer));
		});
	});
	front.listen(0, "127.0.0.1", () => console.log(`listening ${front.address().port}`));
});
