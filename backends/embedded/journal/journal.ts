/**
 * The journal: what was answered with 200 is in here, on disk, until it is in the store. Append-only files, one sync for all that wait,
 * deleted when loaded.
 */
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Request } from "../receive/decode.ts";
import type { JournalPosition } from "../store/load.ts";
import { decodeRecord, encodeRecord, HEADER_BYTES, recordBytes } from "./record.ts";

const ROTATE_BYTES = 64 * 1024 * 1024;

interface Waiter {
	parts: Uint8Array[];
	bytes: number;
	resolve(position: JournalPosition): void;
	reject(error: Error): void;
}

export class Journal {
	private readonly directory: string;
	private file: bigint;
	private handle: FileHandle | null = null;
	private written = 0;
	private waiters: Waiter[] = [];
	private running: Promise<void> | null = null;
	private readonly sizes = new Map<bigint, number>();

	private constructor(directory: string, lastFile: bigint) {
		this.directory = directory;
		this.file = lastFile;
	}

	/**
	 * Opens the journal after a start: hands every record behind `loaded` to `replay`, in order, and drops what a crash tore off at the end. New
	 * records go to a new file. `damaged` counts files with a break that no crash explains.
	 */
	static async open(
		directory: string,
		loaded: JournalPosition,
		replay: (request: Request, position: JournalPosition) => Promise<void>,
	): Promise<{ journal: Journal; replayed: number; damaged: number }> {
		mkdirSync(directory, { recursive: true });
		const files = journalFiles(directory);
		const last = files.at(-1) ?? 0n;
		const journal = new Journal(directory, last > loaded.file ? last : loaded.file);
		let replayed = 0;
		let damaged = 0;
		for (const file of files) {
			if (file < loaded.file) continue;
			const from = file === loaded.file ? loaded.position : 0n;
			const read = await readRecords(fileName(directory, file), Number(from), async (request, position) => {
				await replay(request, { file, position: BigInt(position) });
				replayed++;
			});
			if (!read.whole && file !== last) damaged++;
			journal.sizes.set(file, read.end);
		}
		return { journal, replayed, damaged };
	}

	/** Bytes written that the store does not have yet, as far as `forget` was told. */
	get bytes(): number {
		let total = 0;
		for (const size of this.sizes.values()) total += size;
		return total;
	}

	/** Resolves when the record is on disk, with the position behind it; in the order of the calls. */
	append(request: Request): Promise<JournalPosition> {
		const record = encodeRecord(request);
		return new Promise((resolve, reject) => {
			this.waiters.push({ ...record, resolve, reject });
			this.running ??= this.run();
		});
	}

	private async run(): Promise<void> {
		while (this.waiters.length > 0) {
			const group = this.waiters;
			this.waiters = [];
			try {
				const positions = await this.write(group);
				for (let i = 0; i < group.length; i++) group[i]!.resolve(positions[i]!);
			} catch (error) {
				await this.abandon();
				for (const waiter of group) waiter.reject(error as Error);
			}
		}
		this.running = null;
	}

	private async write(group: readonly Waiter[]): Promise<JournalPosition[]> {
		if (this.handle === null || this.written >= ROTATE_BYTES) await this.rotate();
		const handle = this.handle!;
		let position = this.written;
		const positions = group.map((waiter) => {
			position += waiter.bytes;
			return { file: this.file, position: BigInt(position) };
		});
		const parts = group.flatMap((waiter) => waiter.parts);
		const { bytesWritten } = await handle.writev(parts, this.written);
		if (bytesWritten !== position - this.written)
			throw new Error(`the disk took ${bytesWritten} bytes of a longer write`);
		await handle.datasync();
		this.written = position;
		this.sizes.set(this.file, position);
		return positions;
	}

	/**
	 * After a failed write or sync nobody knows what the file holds behind the last group that succeeded: that is cut off, since its senders
	 * will send it again, and the next group starts a new file.
	 */
	private async abandon(): Promise<void> {
		const { handle, written } = this;
		this.handle = null;
		if (handle === null) return;
		await handle.truncate(written).catch(() => {});
		await handle.datasync().catch(() => {});
		await handle.close().catch(() => {});
		if (written === 0) await rm(fileName(this.directory, this.file), { force: true }).catch(() => {});
	}

	private async rotate(): Promise<void> {
		await this.handle?.close();
		this.handle = null;
		this.file++;
		this.handle = await open(fileName(this.directory, this.file), "wx");
		this.written = 0;
		const directory = await open(this.directory, "r");
		try {
			await directory.sync();
		} finally {
			await directory.close();
		}
	}

	/** Deletes the files that are loaded whole. */
	forget(loaded: JournalPosition): void {
		for (const [file, size] of this.sizes) {
			// The file that is being written stays.
			const open = file === this.file && this.handle !== null;
			const past = file < loaded.file || (file === loaded.file && !open && loaded.position >= BigInt(size));
			if (!past) continue;
			rmSync(fileName(this.directory, file), { force: true });
			this.sizes.delete(file);
		}
	}

	async close(): Promise<void> {
		await this.running;
		await this.handle?.close();
		this.handle = null;
	}
}

function fileName(directory: string, file: bigint): string {
	return join(directory, `${String(file).padStart(12, "0")}.journal`);
}

function journalFiles(directory: string): bigint[] {
	return readdirSync(directory)
		.flatMap((name) => {
			const match = /^(\d{12})\.journal$/.exec(name);
			return match ? [BigInt(match[1]!)] : [];
		})
		.sort((a, b) => (a < b ? -1 : 1));
}

/** Reads records until the end or the first break; `end` is where it stopped. */
async function readRecords(
	path: string,
	from: number,
	each: (request: Request, end: number) => Promise<void>,
): Promise<{ end: number; whole: boolean }> {
	const size = statSync(path).size;
	const handle = await open(path, "r");
	let at = from;
	try {
		while (at < size) {
			const header = Buffer.alloc(HEADER_BYTES);
			await handle.read(header, 0, HEADER_BYTES, at);
			const bytes = recordBytes(header);
			if (bytes === null || at + bytes > size) return { end: at, whole: false };
			const record = Buffer.alloc(bytes);
			await handle.read(record, 0, bytes, at);
			const request = decodeRecord(record);
			if (request === null) return { end: at, whole: false };
			at += bytes;
			await each(request, at);
		}
		return { end: at, whole: true };
	} finally {
		await handle.close();
	}
}
