// The routes both koa apps serve.
const pino = require("pino");

exports.routes = (Koa, Router) => {
	const log = pino();
	const app = new Koa({ silent: true });
	app.silent = true;
	const router = new Router({ prefix: "/shop" });
	router.get("/items/:id", (ctx) => {
		log.info({ item: ctx.params.id }, "item asked for");
		ctx.body = { id: ctx.params.id };
	});
	router.get("/boom", () => {
		throw new RangeError("out of stock");
	});
	router.get("/teapot", (ctx) => ctx.throw(418, "short and stout"));
	router.get("/never/:id", () => new Promise(() => {}));
	app.use(async (_ctx, next) => {
		await next();
	});
	app.use(router.routes());
	app.use((ctx) => {
		ctx.status = 404;
	});
	const server = app.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
};
