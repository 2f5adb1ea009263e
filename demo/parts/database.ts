/** A PostgreSQL of our own: PGlite behind its socket server, in a worker thread so that one busy database stops nothing else. */
import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { CLUSTER_SETTINGS } from "./cluster-settings.ts";

export interface DatabaseJob {
	/** Data directory with a cluster in it. */
	directory: string;
	/** SQL to run first; null when the directory has its data. */
	seed: string | null;
	port: number;
}

/**
 * PGlite has one session and the server interleaves the messages of several connections, so each database has one client with one
 * connection. The others are room for that client to come back after a crash.
 */
const CONNECTIONS = 8;
const STUCK_QUERIES = 20;
const CHECK_MS = 5_000;

const { directory, seed, port } = workerData as DatabaseJob;
const db = await PGlite.create({ dataDir: directory, postgresqlconf: [...CLUSTER_SETTINGS] });
if (seed) await db.exec(seed);
const server = new PGLiteSocketServer({ db, port, host: "127.0.0.1", maxConnections: CONNECTIONS });
await server.start();
// The server's queue stays shut after a query that PGlite itself failed at: better to start again than to hang.
setInterval(() => {
	if (server.getStats().queuedQueries > STUCK_QUERIES) throw new Error(`${directory}: the database is stuck`);
}, CHECK_MS);
parentPort?.postMessage("serving");
