/** The shop's databases in a PostgreSQL server that is there already, as in compose: made and filled when missing or of another version. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { databaseUrl } from "../services/postgres-url.ts";
import { DATABASES, type DatabaseName } from "../shop.ts";

const CONNECT_WITHIN_MS = 30_000;
const TRY_EVERY_MS = 500;

/** @param serverUrl its user may create databases. @throws when the server does not take connections in 30 s */
export async function prepareDatabases(serverUrl: string, onProgress: (text: string) => void): Promise<void> {
	const server = await connect(serverUrl);
	try {
		for (const name of DATABASES) await prepare(server, serverUrl, name, onProgress);
	} finally {
		await server.end();
	}
}

/** A database says in its comment what it was filled with: when that is not today's, it is only a demo's data. */
async function prepare(
	server: pg.Client,
	serverUrl: string,
	name: DatabaseName,
	onProgress: (text: string) => void,
): Promise<void> {
	const seed = await readFile(new URL(`./${name}.sql`, import.meta.url), "utf8");
	const mark = `trivet-demo ${createHash("sha256").update(seed).digest("hex")}`;
	const found = await server.query<{ comment: string | null }>(
		"SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = $1",
		[name],
	);
	const comment = found.rows[0]?.comment ?? null;
	if (comment === mark) return;
	if (found.rows.length > 0) {
		if (!comment?.startsWith("trivet-demo ")) {
			throw new Error(`The server has a database "${name}" that is not the demo's: give the demo a server of its own.`);
		}
		await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
	}
	onProgress(`making the database ${name}`);
	await server.query(`CREATE DATABASE ${name}`);
	// Marked twice: until it is filled it is known as the demo's, to be made again.
	await server.query(`COMMENT ON DATABASE ${name} IS 'trivet-demo unfinished'`);
	const database = await connect(databaseUrl(serverUrl, name));
	try {
		await database.query(seed);
	} finally {
		await database.end();
	}
	await server.query(`COMMENT ON DATABASE ${name} IS '${mark}'`);
}

/** Compose starts the shop when the server is healthy; elsewhere it may take a moment. */
async function connect(url: string): Promise<pg.Client> {
	for (const deadline = Date.now() + CONNECT_WITHIN_MS; ; await sleep(TRY_EVERY_MS)) {
		const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
		try {
			await client.connect();
			return client;
		} catch (error) {
			await client.end().catch(() => undefined);
			if (Date.now() > deadline) throw new Error(`No PostgreSQL at ${new URL(url).host}: ${(error as Error).message}`);
		}
	}
}
