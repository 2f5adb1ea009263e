/** Lines of pino in spans that exist before: what is measured is the line alone. */
const { context, ROOT_CONTEXT, trace } = require("@opentelemetry/api");
const pino = require("pino");

/** As in a request that logs a little. */
const LINES_A_SPAN = 4;
const PACED_LINES = 200;
const PACED_MS = 10;

/** To a file every line is written at once, so that none is lost in the app itself. */
const [file] = process.argv.slice(2);
const log = pino(
	// As loggers that name their service themselves.
	process.env.LINES_BASE === undefined ? {} : { base: { service: "bench", env: "test", version: "1.2.3" } },
	pino.destination({ dest: file ?? "/dev/null", sync: true, minLength: file === undefined ? 8_192 : 0 }),
);
const tracer = trace.getTracer("bench");
const spans = Array.from({ length: 256 }, () => trace.setSpan(ROOT_CONTEXT, tracer.startSpan("work")));

let written = 0;
function write(lines) {
	for (let done = 0; done < lines; done += LINES_A_SPAN) {
		context.with(spans[(written / LINES_A_SPAN) % spans.length], () => {
			for (let line = 0; line < LINES_A_SPAN; line++) log.info({ order: written++, kind: "card" }, "order placed");
		});
	}
}

process.on("message", async ({ lines, paced, restMs }) => {
	const before = process.cpuUsage();
	if (paced) {
		const begin = performance.now();
		for (let done = 0; done < lines; done += PACED_LINES) {
			write(PACED_LINES);
			const early = begin + (done / PACED_LINES) * PACED_MS - performance.now();
			await new Promise((resolve) => setTimeout(resolve, Math.max(1, early)));
		}
		await new Promise((resolve) => setTimeout(resolve, restMs));
	} else {
		write(lines);
	}
	const { user, system } = process.cpuUsage(before);
	process.send({ cpuUs: user + system });
});
process.send({ ready: true });
