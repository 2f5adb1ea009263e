const { workerData } = require("node:worker_threads");
const log = require("pino")();

fetch(workerData.url)
	.then((response) => response.text())
	.then((text) => log.info(`thread got ${text}`));
