/** A service's connection to its own database, by wire protocol. */
import pg from "pg";
import { portOf } from "../addresses.ts";
import type { DatabaseName } from "../shop.ts";
import { databaseUrl } from "./postgres-url.ts";
import { log } from "./service.ts";

/** The shop's own database takes one connection (parts/database.ts); waiting for it is what a full pool looks like. A real one takes more. */
export function openPool(database: DatabaseName): pg.Pool {
	const host = `${database}-db`;
	const url = process.env.TRIVET_DEMO_POSTGRES_URL;
	const pool = new pg.Pool({
		...(url
			? { connectionString: databaseUrl(url, database), max: 8 }
			: { host, port: portOf(host), database, user: database, max: 1 }),
		idleTimeoutMillis: 0,
		connectionTimeoutMillis: 4_000,
		query_timeout: 8_000,
	});
	pool.on("error", (error) =>
		log.warn({ err: error, database }, "lost the database connection; the next query reconnects"),
	);
	return pool;
}

/** Runs `work` in a transaction; nothing that waits for another service belongs in there. */
export async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
	const client = await pool.connect();
	try {
		await client.query("BEGIN");
		const result = await work(client);
		await client.query("COMMIT");
		client.release();
		return result;
	} catch (error) {
		const rolledBack = await client.query("ROLLBACK").catch((failure: Error) => failure);
		client.release(rolledBack instanceof Error ? rolledBack : undefined);
		throw error;
	}
}
