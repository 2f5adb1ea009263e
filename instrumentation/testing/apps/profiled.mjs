// Burns CPU and hoards memory in functions with names of their own, for profiles of it.
import http from "node:http";
import { profile, profileHandler } from "@trivet/instrumentation";

const hoard = [];

function burnCpu(ms) {
	let sum = 0;
	const until = performance.now() + ms;
	while (performance.now() < until) {
		for (let i = 0; i < 1_000; i++) {
			sum += Math.sqrt(i);
		}
	}
	return sum;
}

function hoardMemory() {
	for (let i = 0; i < 2_000; i++) {
		hoard.push({ name: `thing ${i} ${Math.random()}`, parts: [i, i + 1] });
	}
}

const ROUTES = {
	"/burn": (response) => response.end(String(burnCpu(20))),
	"/hoard": (response) => {
		hoardMemory();
		response.end();
	},
	// Open until somebody asks for /release.
	"/wait": (response) => {
		waiting.push(response);
		console.log("waiting");
	},
	"/release": (response) => {
		for (const other of waiting.splice(0)) {
			other.end("released");
		}
		response.end();
	},
	"/own": async (response) => {
		const { traceIds, toJson } = await profile({ kind: "cpu", seconds: 1 });
		response.end(JSON.stringify({ traceIds, nodes: JSON.parse(toJson()).nodes.length }));
	},
	"/exit": (response) => response.end("bye", () => process.exit(7)),
};
const waiting = [];

const server = http
	.createServer((request, response) => {
		if (request.url.startsWith("/debug/")) {
			void profileHandler(request, response);
		} else {
			ROUTES[request.url](response);
		}
	})
	.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));

// The app is over, though its metrics' and profiles' server is not.
process.on("SIGUSR2", () => {
	server.closeAllConnections();
	server.close();
});
