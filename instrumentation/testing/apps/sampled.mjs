// Serves what a sampler has to tell apart; started with --import of start-sampled.mjs or by the environment.
import http from "node:http";
import express from "express";
import client from "prom-client";

const seen = new client.Histogram({ name: "app_seen_seconds", help: "Seen.", labelNames: ["path"], buckets: [1] });
const counted = new client.Counter({ name: "app_counted", help: "Counted.", labelNames: ["path"] });
const observe = (path) => {
	seen.observe({ path }, 0.1);
	counted.inc({ path });
};
const app = express();
app.get("/good", (request, response) => {
	observe("good");
	response.json({ traceparent: request.headers.traceparent ?? null, tracestate: request.headers.tracestate ?? null });
});
app.get("/bad", (_request, response) => {
	observe("bad");
	response.status(500).end("no");
});
app.get("/slow", (_request, response) => {
	observe("slow");
	setTimeout(() => response.end("at last"), 2_100);
});
app.get("/call", (request, response) => {
	http.get({ port: request.socket.localPort, path: "/good" }, (inner) => inner.pipe(response));
});
app.get("/exit", (request) => {
	http.get({ port: request.socket.localPort, path: "/good" }, (inner) =>
		inner.resume().on("end", () => process.exit(4)),
	);
});
app.get("/never", () => {
	console.log("waiting");
});
const server = app.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
