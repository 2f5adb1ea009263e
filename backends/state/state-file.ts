/**
 * The StateStore as one append-only file: each change is a line with its checksum, synced before it is acknowledged, and the last line of a
 * record wins. What a crash tore off at the end is cut at the next start; the file is rewritten when most of it is history.
 *
 *     <dir>/state.jsonl
 *     trivet-state 1
 *     9ae0daaf {"kind":"incident","id":"0193…","revision":1,"updatedUnixMs":1764…,"body":{…}}
 *     414fa339 {"kind":"incident","id":"0193…","dropped":true}
 */
import { copyFile, type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import {
	Conflict,
	InvalidInput,
	Overloaded,
	type StateRecord,
	type StateStore,
	Unavailable,
} from "../../core/ports.ts";
import { type Lock, lockDirectory } from "../embedded/lock.ts";
import { HEADER, readLines, type StateLine, writeLine } from "./state-line.ts";

export interface StateFileOptions {
	/** Made when missing; one process at a time. */
	directory: string;
	/** Records of a kind beyond which the oldest that may go are dropped (default 1,000). */
	mostRecords?: number;
	/** Bytes of all records together beyond which the same happens (default 64 MiB). */
	mostBytes?: number;
	/**
	 * Which records may be dropped to make room for newer ones, oldest first; default: any. When none of a full kind may go the oldest goes
	 * all the same: the store never grows without end.
	 */
	mayDrop?: (record: StateRecord) => boolean;
}

export interface StateFile extends StateStore {
	/** Lines that could not be read at the start although later ones could; a copy of that file lies beside it as state.jsonl.damaged. */
	readonly damaged: number;
}

const KIND = /^[a-z][a-z0-9-]{0,40}$/;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MOST_RECORD_BYTES = 2 * 1024 * 1024;
const MOST_WAITING = 1_000;
const MOST_PAGE = 1_000;
/** A file smaller than this is not worth rewriting. */
const COMPACT_FROM_BYTES = 4 * 1024 * 1024;

interface Kept {
	record: StateRecord;
	bytes: number;
}

interface Waiting {
	put: Parameters<StateStore["put"]>[0];
	resolve: (record: StateRecord) => void;
	reject: (error: Error) => void;
}

/** Rejects with a sentence when another process has the directory or the file is not a state file. */
export async function openStateFile(options: StateFileOptions): Promise<StateFile> {
	const lock = lockDirectory(options.directory);
	try {
		return await AppendedState.open(options, lock);
	} catch (error) {
		lock.release();
		throw error;
	}
}

class AppendedState implements StateFile {
	damaged = 0;
	readonly #path: string;
	readonly #lock: Lock;
	readonly #mostRecords: number;
	readonly #mostBytes: number;
	readonly #mayDrop: (record: StateRecord) => boolean;
	readonly #kinds = new Map<string, Map<string, Kept>>();
	#keptBytes = 0;
	#fileBytes = 0;
	#file: FileHandle | null = null;
	#waiting: Waiting[] = [];
	#writing: Promise<void> | null = null;
	#closed = false;

	static async open(options: StateFileOptions, lock: Lock): Promise<AppendedState> {
		const state = new AppendedState(options, lock);
		await state.#load();
		return state;
	}

	private constructor(options: StateFileOptions, lock: Lock) {
		this.#path = join(options.directory, "state.jsonl");
		this.#lock = lock;
		this.#mostRecords = options.mostRecords ?? 1_000;
		this.#mostBytes = options.mostBytes ?? 64 * 1024 * 1024;
		this.#mayDrop = options.mayDrop ?? (() => true);
	}

	put(put: Waiting["put"]): Promise<StateRecord> {
		return new Promise((resolve, reject) => {
			if (this.#closed) throw new Unavailable("the state file is closed");
			if (!KIND.test(put.kind)) throw new InvalidInput(`"${put.kind.slice(0, 60)}" is no kind of record`);
			if (!UUID_V7.test(put.id)) throw new InvalidInput(`"${put.id.slice(0, 60)}" is no UUIDv7`);
			if (this.#waiting.length >= MOST_WAITING) throw new Overloaded("too many changes wait for the disk", 1);
			this.#waiting.push({ put, resolve, reject });
			this.#writing ??= this.#write();
		});
	}

	async get(kind: string, id: string): Promise<StateRecord | null> {
		return this.#kinds.get(kind)?.get(id)?.record ?? null;
	}

	async list(kind: string, page: { limit: number; cursor?: string }): ReturnType<StateStore["list"]> {
		const { cursor } = page;
		if (cursor !== undefined && !UUID_V7.test(cursor)) {
			throw new InvalidInput(`"${cursor.slice(0, 60)}" is no cursor: use nextCursor of the answer before`);
		}
		const limit = Math.max(1, Math.min(page.limit, MOST_PAGE));
		const kept = this.#kinds.get(kind) ?? new Map<string, Kept>();
		// Ids are as long as each other and begin with the time, so that text order is the order they were made in.
		const ids = [...kept.keys()].filter((id) => cursor === undefined || id < cursor).sort();
		const chosen = ids.slice(-limit).reverse();
		const last = chosen.at(-1);
		return {
			records: chosen.map((id) => kept.get(id)!.record),
			...(ids.length > limit && last !== undefined ? { nextCursor: last } : {}),
		};
	}

	async close(): Promise<void> {
		this.#closed = true;
		await this.#writing;
		await this.#file?.close();
		this.#file = null;
		this.#lock.release();
	}

	async #load(): Promise<void> {
		await rm(`${this.#path}.new`, { force: true });
		const content = await readFile(this.#path).catch((error: NodeJS.ErrnoException) => {
			if (error.code === "ENOENT") return null;
			throw error;
		});
		if (content === null || HEADER.startsWith(content.toString("utf8", 0, HEADER.length))) {
			// None yet, or torn off while its first line was written.
			if (content === null || content.length <= HEADER.length) return this.#rewrite();
		} else {
			throw new Error(`${this.#path} is not a state file of this version: move it away and start again`);
		}
		const { lines, goodBytes, damaged } = readLines(content);
		for (const { line, bytes } of lines) this.#apply(line, bytes);
		this.damaged = damaged;
		if (damaged > 0) await copyFile(this.#path, `${this.#path}.damaged`);
		if (damaged > 0 || this.#mostlyHistory(goodBytes)) return this.#rewrite();
		this.#file = await open(this.#path, "r+");
		await this.#file.truncate(goodBytes);
		await this.#file.sync();
		this.#fileBytes = goodBytes;
	}

	/** Writes what waits, all of it with one sync, until nothing does. */
	async #write(): Promise<void> {
		// The puts of this turn go together.
		await null;
		while (this.#waiting.length > 0) {
			const accepted: { waiting: Waiting; record: StateRecord }[] = [];
			const applied: { line: StateLine; text: string }[] = [];
			const fresh = new Map<string, number>();
			for (const waiting of this.#waiting.splice(0)) {
				const { kind, id, revision, body } = waiting.put;
				const key = `${kind} ${id}`;
				const now = fresh.get(key) ?? this.#kinds.get(kind)?.get(id)?.record.revision ?? 0;
				if (now !== revision) {
					waiting.reject(new Conflict(`${kind} ${id} is at revision ${now} by now, not ${revision}`));
					continue;
				}
				const line = { kind, id, revision: revision + 1, updatedUnixMs: Date.now(), body };
				let text: string;
				try {
					text = writeLine(line);
					if (text.length > MOST_RECORD_BYTES) {
						throw new InvalidInput(`a record of ${text.length} characters is too large (at most ${MOST_RECORD_BYTES})`);
					}
				} catch (error) {
					waiting.reject(error as Error);
					continue;
				}
				// What is kept is what a restart would read, and nobody can change it.
				const record = frozen(JSON.parse(text.slice(9)) as StateRecord);
				fresh.set(key, record.revision);
				accepted.push({ waiting, record });
				applied.push({ line: record, text });
			}
			try {
				await this.#append(applied.map(({ text }) => text).join(""));
			} catch (error) {
				const failure = new Unavailable(`the state could not be written: ${(error as Error).message}`);
				for (const { waiting } of accepted) waiting.reject(failure);
				continue;
			}
			for (const { line, text } of applied) this.#apply(line, Buffer.byteLength(text));
			for (const { waiting, record } of accepted) waiting.resolve(record);
			try {
				await this.#makeRoom(new Set(applied.map(({ line }) => line.kind)));
			} catch {
				// What was acknowledged stands; room is made after the next change.
			}
		}
		// In the same step as the last look at what waits: a put in between would wait for ever.
		this.#writing = null;
	}

	async #append(text: string): Promise<void> {
		if (text === "") return;
		// After a failed write nobody knows what of it reached the disk: begin a new file from what is known.
		if (this.#file === null) await this.#rewrite();
		const file = this.#file as FileHandle | null;
		if (file === null) throw new Error("the file could not be opened");
		try {
			const bytes = Buffer.from(text);
			await writeWhole(file, bytes, this.#fileBytes);
			await file.datasync();
			this.#fileBytes += bytes.length;
		} catch (error) {
			this.#file = null;
			await file.close().catch(() => undefined);
			throw error;
		}
	}

	#apply(line: StateLine, bytes: number): void {
		const kept = this.#kinds.get(line.kind) ?? new Map<string, Kept>();
		this.#kinds.set(line.kind, kept);
		this.#keptBytes -= kept.get(line.id)?.bytes ?? 0;
		if ("dropped" in line) {
			kept.delete(line.id);
			return;
		}
		this.#keptBytes += bytes;
		kept.set(line.id, { record: frozen(line), bytes });
	}

	/** Drops the oldest that may go of each kind that is too many, and of all of these kinds while the bytes are too many. */
	async #makeRoom(kinds: ReadonlySet<string>): Promise<void> {
		const drops: StateLine[] = [];
		for (const kind of kinds) {
			const kept = this.#kinds.get(kind);
			while (kept && kept.size > 1 && (kept.size > this.#mostRecords || this.#keptBytes > this.#mostBytes)) {
				const ids = [...kept.keys()].sort();
				const id = ids.slice(0, -1).find((one) => this.#mayDrop(kept.get(one)!.record)) ?? (ids[0] as string);
				const line: StateLine = { kind, id, dropped: true };
				this.#apply(line, 0);
				drops.push(line);
			}
		}
		if (drops.length > 0) await this.#append(drops.map(writeLine).join(""));
		if (this.#mostlyHistory(this.#fileBytes)) await this.#rewrite();
	}

	#mostlyHistory(bytes: number): boolean {
		return bytes > COMPACT_FROM_BYTES && bytes > 2 * this.#keptBytes;
	}

	/** A new file of what is kept takes the old one's place in one step: a crash leaves the one or the other. */
	async #rewrite(): Promise<void> {
		const next = `${this.#path}.new`;
		const file = await open(next, "w+", 0o600);
		let bytes = 0;
		try {
			bytes += await writeWhole(file, Buffer.from(HEADER), 0);
			for (const kept of this.#kinds.values()) {
				for (const { record } of kept.values()) bytes += await writeWhole(file, Buffer.from(writeLine(record)), bytes);
			}
			await file.sync();
			await rename(next, this.#path);
			await syncDirectory(join(this.#path, ".."));
		} catch (error) {
			await file.close().catch(() => undefined);
			throw error;
		}
		await this.#file?.close().catch(() => undefined);
		this.#file = file;
		this.#fileBytes = bytes;
	}
}

/** All of it, at this place: a write may take less than it was given. */
async function writeWhole(file: FileHandle, bytes: Buffer, position: number): Promise<number> {
	let done = 0;
	while (done < bytes.length) {
		const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
		done += bytesWritten;
	}
	return done;
}

/** A rename is on disk once its directory is. */
async function syncDirectory(path: string): Promise<void> {
	const directory = await open(path, "r");
	try {
		await directory.sync();
	} finally {
		await directory.close();
	}
}

/** Whoever reads a record sees what is on disk, and cannot change it. */
function frozen<T>(value: T): T {
	const stack: unknown[] = [value];
	for (let one = stack.pop(); one !== undefined; one = stack.pop()) {
		if (typeof one !== "object" || one === null || Object.isFrozen(one)) continue;
		Object.freeze(one);
		stack.push(...Object.values(one).filter((inner) => inner !== undefined));
	}
	return value;
}
