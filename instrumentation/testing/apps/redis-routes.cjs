// The routes both node-redis apps serve.
const { serve } = require("./serve.cjs");

exports.routes = async (redis, port) => {
	const client = redis.createClient({ socket: { host: "127.0.0.1", port } });
	client.on("error", () => {});
	await client.connect();
	await client.select(3);
	serve({
		"/set": () => client.set("cart:7", "secret-value"),
		"/get": () => client.get("cart:7"),
		"/bad": () => client.lPush("cart:7", "x"),
		"/auth": () => client.sendCommand(["CONFIG", "SET", "requirepass", ""]),
		"/multi": () => client.multi().set("a", "1").get("a").exec(),
		"/pipeline": () => client.multi().set("a", "1").get("a").execAsPipeline(),
		"/health": () => client.ping(),
		"/down": async () => {
			const other = redis.createClient({ socket: { host: "127.0.0.1", port: 1, reconnectStrategy: false } });
			other.on("error", () => {});
			await other.connect();
		},
	});
};
