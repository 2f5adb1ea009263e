// A worker thread and, in a cluster, workers that all serve the one port.
import cluster from "node:cluster";
import http from "node:http";
import { Worker } from "node:worker_threads";

if (cluster.isPrimary) {
	new Worker("setTimeout(() => {}, 50)", { eval: true }).on("exit", (code) => console.log(`thread ended ${code}`));
	for (const _ of [1, 2]) {
		cluster.fork();
	}
	cluster.on("listening", (_worker, { port }) => console.log(`listening ${port}`));
	process.on("SIGTERM", () => {
		for (const worker of Object.values(cluster.workers)) {
			worker.kill();
		}
		cluster.disconnect(() => process.exit(0));
	});
} else {
	http.createServer((_request, response) => response.end(String(process.pid))).listen(0, "127.0.0.1");
}
