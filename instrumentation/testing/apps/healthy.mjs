// One service with a deep health: argv name, framework, then name=url of the services it asks. PUT /state/<check>/<ok|bad|hang> sets a dependency.
import http from "node:http";
import { health } from "@trivet/instrumentation";

const [name, framework, ...peers] = process.argv.slice(2);
const state = { postgres: "ok", redis: "ok", payments: "ok" };
const probe = (of) => () =>
	state[of] === "hang"
		? new Promise(() => {})
		: state[of] === "bad"
			? Promise.reject(Object.assign(new Error("connect to 10.0.0.7"), { code: "ECONNREFUSED" }))
			: true;
const own = health({
	service: name,
	timeoutMs: Number(process.env.TIMEOUT_MS ?? 1000),
	everyMs: Number(process.env.EVERY_MS ?? 0),
	maxAgeMs: 0,
	...(peers.length > 0
		? {
				checks: Object.fromEntries(
					peers.map((peer) => [peer.split("=")[0], { url: `${peer.slice(peer.indexOf("=") + 1)}/health`, deep: true }]),
				),
			}
		: {
				checks: {
					postgres: { kind: "database", probe: probe("postgres"), critical: process.env.CRITICAL === "postgres" },
					redis: { kind: "redis", probe: probe("redis"), critical: process.env.CRITICAL === "redis" },
					payments: { probe: probe("payments"), critical: process.env.CRITICAL === "payments" },
				},
			}),
});
const set = (url) => {
	const [, , check, to] = url.split("/");
	state[check] = to;
};
const started = (address) => console.log(`listening ${address.port}`);
const port = Number(process.env.PORT ?? 0);
switch (framework) {
	case "express": {
		const { default: express } = await import("express");
		const app = express();
		app.get("/health", own.handler);
		app.put("/state/:check/:to", (request, response) => {
			set(request.url);
			response.end();
		});
		const server = app.listen(port, "127.0.0.1", () => started(server.address()));
		break;
	}
	case "fastify": {
		const { default: fastify } = await import("fastify");
		const app = fastify();
		app.get("/health", own.fastifyHandler);
		app.put("/state/:check/:to", async (request) => {
			set(request.url);
			return "";
		});
		await app.listen({ port, host: "127.0.0.1" });
		started(app.server.address());
		break;
	}
	case "koa": {
		const { default: Koa } = await import("koa");
		const app = new Koa();
		app.use(async (ctx) => {
			if (ctx.path === "/health") {
				return own.koaHandler(ctx);
			}
			set(ctx.url);
			ctx.body = "";
		});
		const server = app.listen(port, "127.0.0.1", () => started(server.address()));
		break;
	}
	default: {
		const server = http.createServer((request, response) => {
			if (request.url.startsWith("/health")) {
				own.handler(request, response);
			} else {
				set(request.url);
				response.end();
			}
		});
		server.listen(port, "127.0.0.1", () => started(server.address()));
	}
}
