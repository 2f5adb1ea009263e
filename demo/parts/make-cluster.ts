/**
 * Process entry: makes an empty PostgreSQL cluster in the folder given as its argument. A process of its own because it takes half a
 * gigabyte for three seconds.
 */
import { PGlite } from "@electric-sql/pglite";
import { CLUSTER_SETTINGS } from "./cluster-settings.ts";

const [, , directory] = process.argv;
if (!directory) throw new Error("Give the folder to make the cluster in.");
const db = await PGlite.create({ dataDir: directory, postgresqlconf: [...CLUSTER_SETTINGS] });
await db.close();
