/** Observations of a prom-client histogram in a span that exists before. */
const { context, ROOT_CONTEXT, trace } = require("@opentelemetry/api");
const client = require("prom-client");

const histogram = new client.Histogram({
	name: "order_duration_seconds",
	help: "Placing an order.",
	labelNames: ["kind", "region", "status"],
});
const tracer = trace.getTracer("bench");
const span = trace.setSpan(ROOT_CONTEXT, tracer.startSpan("work"));
const labels = ["card", "transfer", "invoice", "voucher"].map((kind) => ({ kind, region: "eu", status: "200" }));

process.on("message", ({ observations }) => {
	const before = process.cpuUsage();
	context.with(span, () => {
		for (let done = 0; done < observations; done++) histogram.observe(labels[done & 3], (done % 100) / 50);
	});
	const { user, system } = process.cpuUsage(before);
	process.send({ cpuUs: user + system });
});
process.send({ ready: true });
