// What PM2's daemon does in cluster mode: it is not instrumented, its workers run a container script, and that loads the app.
const cluster = require("node:cluster");
const { join } = require("node:path");

const [app, port] = process.argv.slice(2);
cluster.setupPrimary({
	exec: join(__dirname, "pm2-container/container.cjs"),
	execArgv: ["--import", "@trivet/instrumentation/register"],
});
let listening = 0;
cluster.on("listening", (_worker, { port: at, address }) => {
	if (at !== Number(port) && address === "127.0.0.1" && ++listening === 2) {
		console.log(`listening ${at}`);
	}
});
for (const instance of [0, 1]) {
	cluster.fork({ pm_exec_path: app, pm_id: instance, NODE_APP_INSTANCE: instance });
}
process.on("SIGTERM", () => {
	// As PM2 does: SIGINT to each, and it waits for them.
	for (const worker of Object.values(cluster.workers)) {
		worker.process.kill("SIGINT");
	}
	let ended = 0;
	cluster.on("exit", (_worker, code, signal) => {
		console.log(`ended ${code} ${signal}`);
		if (++ended === 2) {
			process.exit(0);
		}
	});
});
