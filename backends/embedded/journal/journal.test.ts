import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Request } from "../receive/decode.ts";
import type { JournalPosition } from "../store/load.ts";
import { Journal } from "./journal.ts";

const START: JournalPosition = { file: 0n, position: 0n };
let directory: string;
beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), "trivet-journal-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const requestOf = (body: Uint8Array, more: Partial<Request> = {}): Request => ({
	signal: "traces",
	type: "json",
	body: Uint8Array.from(body),
	receivedMs: 1_700_000_000_123,
	keep: false,
	deny: [],
	...more,
});
const anyRequest = fc
	.record({
		body: fc.uint8Array({ maxLength: 300 }),
		signal: fc.constantFrom<Request["signal"]>("traces", "logs", "metrics"),
		type: fc.constantFrom<Request["type"]>("protobuf", "json", "points"),
		keep: fc.boolean(),
		deny: fc.array(fc.constantFrom("a", "b c", "ü"), { maxLength: 2 }),
	})
	.map(({ body, ...more }) => requestOf(body, more));

async function replayed(
	from = START,
): Promise<{ requests: Request[]; positions: JournalPosition[]; damaged: number; journal: Journal }> {
	const requests: Request[] = [];
	const positions: JournalPosition[] = [];
	const opened = await Journal.open(directory, from, async (request, position) => {
		requests.push(request);
		positions.push(position);
	});
	return { requests, positions, damaged: opened.damaged, journal: opened.journal };
}

async function write(requests: readonly Request[]): Promise<JournalPosition[]> {
	const { journal } = await replayed();
	const positions = await Promise.all(requests.map((request) => journal.append(request)));
	await journal.close();
	return positions;
}

const files = () => readdirSync(directory).sort();

describe("the journal", () => {
	test("gives back what was appended, in order, whole, from any position on", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(anyRequest, { minLength: 1, maxLength: 12 }), fc.nat(), async (requests, pick) => {
				rmSync(directory, { recursive: true, force: true });
				const positions = await write(requests);
				const all = await replayed();
				expect(all.requests).toEqual(requests);
				expect(all.positions).toEqual(positions);
				const from = pick % requests.length;
				expect((await replayed(positions[from])).requests).toEqual(requests.slice(from + 1));
			}),
			{ numRuns: 40 },
		);
	});

	test("a tail torn off at any byte loses only the records it tore", async () => {
		const requests = [1, 2, 3].map((n) => requestOf(Buffer.alloc(40 * n, n)));
		const positions = await write(requests);
		const path = join(directory, files()[0]!);
		const whole = readFileSync(path);
		for (let length = whole.length - 1; length >= 0; length--) {
			writeFileSync(path, whole);
			truncateSync(path, length);
			const survive = positions.filter(({ position }) => position <= BigInt(length)).length;
			expect((await replayed()).requests).toEqual(requests.slice(0, survive));
		}
	});

	test("garbage behind the last record is dropped, and writing goes on in a new file", async () => {
		const first = requestOf(Buffer.from("first"));
		await write([first]);
		appendFileSync(join(directory, files()[0]!), Buffer.from("TRV1 half a record"));
		const again = await replayed();
		expect(again.requests).toEqual([first]);
		expect(again.damaged).toBe(0);
		const second = requestOf(Buffer.from("second"));
		await again.journal.append(second);
		await again.journal.close();
		const both = await replayed();
		expect(both.requests).toEqual([first, second]);
		// The break is in a file that is not the last any more: it is told, not hidden.
		expect(both.damaged).toBe(1);
	});

	test("a changed byte in a record is noticed", async () => {
		await write([requestOf(Buffer.alloc(100, 1))]);
		const path = join(directory, files()[0]!);
		const bytes = readFileSync(path);
		for (const at of [0, 5, 9, 20, 60, bytes.length - 1]) {
			const changed = Buffer.from(bytes);
			changed[at]! ^= 0x40;
			writeFileSync(path, changed);
			expect((await replayed()).requests).toEqual([]);
		}
	});

	test("files are deleted once they are loaded whole, and numbers are never used again", async () => {
		const [position] = await write([requestOf(Buffer.from("a"))]);
		const { journal } = await replayed(position);
		journal.forget(position!);
		expect(files()).toEqual([]);
		const next = await journal.append(requestOf(Buffer.from("b")));
		expect(next.file).toBeGreaterThan(position!.file);
		journal.forget(next);
		expect(journal.bytes).toBeGreaterThan(0);
		await journal.close();
		journal.forget(next);
		expect(files()).toEqual([]);
	});
});
