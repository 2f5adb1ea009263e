// An app with prom-client's default metrics, a registry of its own, a metric by the name of one of ours and one with too many series.
import express from "express";
import client from "prom-client";

client.collectDefaultMetrics();
const registry = new client.Registry();
const jobs = new client.Counter({ name: "jobs_total", help: "Jobs.", registers: [registry] });
new client.Gauge({ name: "process_uptime_seconds", help: "The app's own." }).set(-1);
const many = new client.Counter({ name: "many_total", help: "Many.", labelNames: ["user"] });
new client.Gauge({
	name: "broken",
	help: "Cannot be read.",
	collect() {
		throw new Error("no value today");
	},
});

const app = express();
app.get("/work", (_request, response) => {
	jobs.inc();
	response.send("done");
});
app.get("/users/:user", (request, response) => {
	many.inc({ user: request.params.user });
	response.status(500).send("done");
});
for (const name of ["a", "b", "c", "d"]) {
	app.get(`/fail/${name}`, (_request, response) => response.status(500).send(name));
}
app.get("/own", async (_request, response) => {
	client.register.removeSingleMetric("broken");
	client.register.setContentType(client.Registry.OPENMETRICS_CONTENT_TYPE);
	response.type("text/plain").send(await client.register.metrics());
});
const server = app.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
