// Requests that fail for a reason each, with a pool of one connection. Started with the port of a PostgreSQL and one that nothing listens on.
import express from "express";
import pg from "pg";

const [port, closed] = process.argv.slice(2).map(Number);
const pool = new pg.Pool({
	host: "127.0.0.1",
	port,
	database: "shop",
	user: "postgres",
	max: 1,
	connectionTimeoutMillis: 3_000,
});
const CLOSED = `http://127.0.0.1:${closed}/`;
const app = express();
const self = () => `http://127.0.0.1:${server.address().port}`;
const answer = (status, work) => async (_request, response) => {
	try {
		await work();
		response.send("good");
	} catch (error) {
		response.status(status).send(String(error));
	}
};
const read = async (url, options) => {
	const response = await fetch(url, options);
	await response.text();
	if (!response.ok) {
		throw new Error(`answered ${response.status}`);
	}
};

let held;
app.get(
	"/db",
	answer(500, () => pool.query("SELECT nonsense")),
);
app.get(
	"/hold",
	answer(500, async () => {
		held = await pool.connect();
	}),
);
app.get(
	"/waiting",
	answer(503, () => pool.query("SELECT 1")),
);
app.get(
	"/release",
	answer(500, () => held.release()),
);
app.get(
	"/refused",
	answer(502, () => read(CLOSED)),
);
app.get(
	"/upstream",
	answer(502, () => read(`${self()}/own`)),
);
app.get(
	"/slow",
	answer(502, () => read(`${self()}/never`, { signal: AbortSignal.timeout(100) })),
);
app.get(
	"/recovered",
	answer(500, () => read(CLOSED).catch(() => undefined)),
);
app.get("/gateway", (_request, response) => response.status(504).end());
app.get("/invalid/:id", (_request, response) => response.status(422).end());
app.get("/missing", (_request, response) => response.status(404).end());
app.get("/own", () => {
	throw new RangeError("a bug");
});
app.get("/never", () => {});
const server = app.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
