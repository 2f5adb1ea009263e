import http from "node:http";
import pg from "pg";

const pool = new pg.Pool({
	host: "127.0.0.1",
	port: Number(process.argv[2]),
	database: "shop",
	user: "postgres",
	max: 1,
});
const server = http.createServer(async (request, response) => {
	try {
		const { rows } = await pool.query(request.url === "/bad" ? "SELECT nonsense" : "SELECT $1::int AS one", [1]);
		response.end(JSON.stringify(rows));
	} catch (error) {
		response.statusCode = 500;
		response.end(error.message);
	}
});
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
