// The routes both ioredis apps serve.
const { serve } = require("./serve.cjs");

exports.routes = (Redis, port) => {
	const redis = new Redis({ host: "127.0.0.1", port, db: 2 });
	redis.on("error", () => {});
	const options = { host: "127.0.0.1", port: 1, maxRetriesPerRequest: 0, retryStrategy: () => null };
	serve({
		"/set": () => redis.set("cart:8", "secret-value"),
		"/get": () => redis.get("cart:8"),
		"/callback": () => new Promise((resolve, reject) => redis.get("cart:8", (e, v) => (e ? reject(e) : resolve(v)))),
		"/bad": () => redis.lpush("cart:8", "x"),
		"/multi": () => redis.multi().set("a", "1").get("a").exec(),
		"/pipeline": () => redis.pipeline().set("a", "1").get("a").exec(),
		"/early": () => new Redis({ host: "127.0.0.1", port, db: 2 }).get("cart:8"),
		"/down": () => {
			const other = new Redis(options);
			other.on("error", () => {});
			return other.get("cart:8");
		},
		// Nobody handles this one: what Node does with that is the app's business.
		"/unhandled": () => {
			process.once("unhandledRejection", (error) => console.log(`unhandled: ${error.message}`));
			redis.lpush("cart:8", "x");
		},
	});
};
