// The routes both mysql2 apps serve.
const pino = require("pino");
const { serve } = require("./serve.cjs");

exports.routes = (mysql, port) => {
	const log = pino();
	const pool = mysql.createPool({ host: "127.0.0.1", port, user: "root", database: "shop", connectionLimit: 1 });
	const nobody = mysql.createPool({ host: "127.0.0.1", port: 1, user: "root", database: "shop", connectTimeout: 500 });
	const query = (...args) =>
		new Promise((resolve, reject) => {
			pool.query(...args, (error, rows) => {
				log.info("in the callback");
				error ? reject(error) : resolve(rows);
			});
		});
	serve({
		"/query": () => query("SELECT name FROM people WHERE name = ? AND age > ?", ["bob o'hara", 41]),
		"/execute": async () => (await pool.promise().execute("SELECT age FROM people WHERE name = ?", ["bob o'hara"]))[0],
		"/bad": () => query("SELECT nonsense FROM people"),
		"/down": () => nobody.promise().query("SELECT 1"),
		"/stream": () =>
			new Promise((resolve, reject) => {
				let rows = 0;
				pool
					.query("SELECT 1 UNION SELECT 2")
					.on("result", () => rows++)
					.on("error", reject)
					.on("end", () => resolve(rows));
			}),
	});
};
