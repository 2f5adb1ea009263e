import Fastify from "fastify";

const app = Fastify({ logger: true });
app.get("/items/:id", async (request) => {
	request.log.info("item asked for");
	return { id: request.params.id };
});
app.get("/boom", async () => {
	throw new TypeError("no such shelf");
});
await app.listen({ port: 0, host: "127.0.0.1" });
console.log(`listening ${app.server.address().port}`);
