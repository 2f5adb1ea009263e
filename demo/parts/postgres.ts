/**
 * The shop's databases. Each is a copy of one empty cluster, made at the first start and kept; a database keeps its data from start
 * to start as long as its schema is the same.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { DATABASES, type DatabaseName } from "../shop.ts";
import type { DatabaseJob } from "./database.ts";

const TIMEOUT_MS = 60_000;
/** In a data directory: the hash of the seed that it was filled with, in full. */
const SEEDED = "trivet-seeded";

export interface DatabaseOptions {
	/** Where the clusters live. */
	dataDir: string;
	portOf: (host: string) => number;
	/** Told when it takes longer than usual. */
	onProgress: (text: string) => void;
}

/**
 * Starts every database on its port; one that fails later ends the process.
 * @throws when a database does not come up even from scratch
 */
export async function startDatabases(options: DatabaseOptions): Promise<void> {
	try {
		await openAll(options);
	} catch (error) {
		// Written by another version, or damaged by a power cut: it is only a demo's data.
		options.onProgress(`making the demo's databases again: ${error instanceof Error ? error.message : error}`);
		const { dataDir } = options;
		const folders = [join(dataDir, "postgres-empty"), ...DATABASES.map((name) => folderOf(dataDir, name))];
		await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
		await openAll(options);
	}
}

async function openAll({ dataDir, portOf, onProgress }: DatabaseOptions): Promise<void> {
	const databases = await Promise.all(
		DATABASES.map(async (name) => {
			const seed = await readFile(new URL(`./${name}.sql`, import.meta.url), "utf8");
			const hash = createHash("sha256").update(seed).digest("hex");
			const directory = folderOf(dataDir, name);
			const seededWith = await readFile(join(directory, SEEDED), "utf8").catch(() => null);
			return { directory, seed, hash, isSeeded: seededWith === hash, port: portOf(`${name}-db`) };
		}),
	);
	const empty = databases.every((database) => database.isSeeded) ? "" : await emptyCluster(dataDir, onProgress);
	const opened = await Promise.allSettled(
		databases.map(async ({ directory, seed, hash, isSeeded, port }) => {
			if (isSeeded) return serve({ directory, seed: null, port });
			await rm(directory, { recursive: true, force: true });
			await cp(empty, directory, { recursive: true });
			const worker = await serve({ directory, seed, port });
			await writeFile(join(directory, SEEDED), hash);
			return worker;
		}),
	);
	const failed = opened.find((result) => result.status === "rejected");
	for (const result of opened) {
		if (result.status === "rejected") continue;
		if (failed) await result.value.terminate();
		else result.value.on("error", rethrow);
	}
	if (failed) throw failed.reason;
}

/** The folder of a cluster to copy, made when missing. */
async function emptyCluster(dataDir: string, onProgress: (text: string) => void): Promise<string> {
	const folder = join(dataDir, "postgres-empty");
	const isThere = await readFile(join(folder, "PG_VERSION")).catch(() => null);
	if (isThere) return folder;
	onProgress("making the demo's databases (first start only)");
	const unfinished = `${folder}-unfinished`;
	await rm(unfinished, { recursive: true, force: true });
	const program = fileURLToPath(new URL("./make-cluster.js", import.meta.url));
	await promisify(execFile)(process.execPath, [program, unfinished], { timeout: TIMEOUT_MS });
	await rm(folder, { recursive: true, force: true });
	await rename(unfinished, folder);
	return folder;
}

/** Resolves with the worker once it serves. */
function serve(job: DatabaseJob): Promise<Worker> {
	const worker = new Worker(new URL("./database.js", import.meta.url), { workerData: job });
	return new Promise((resolve, reject) => {
		const fail = (error: unknown) => {
			clearTimeout(timer);
			worker.off("error", fail);
			void worker.terminate();
			reject(error);
		};
		const timer = setTimeout(
			() => fail(new Error(`${job.directory}: no answer in ${TIMEOUT_MS / 1000} s`)),
			TIMEOUT_MS,
		);
		worker.on("error", fail);
		worker.once("message", () => {
			clearTimeout(timer);
			worker.off("error", fail);
			resolve(worker);
		});
	});
}

function folderOf(dataDir: string, name: DatabaseName): string {
	return join(dataDir, `postgres-${name}`);
}

function rethrow(error: unknown): never {
	throw error;
}
