import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { Conflict, InvalidInput } from "../../core/ports.ts";
import { describeStateStore, idOf } from "./conformance.ts";
import { openStateFile } from "./state-file.ts";

const folder = mkdtempSync(join(tmpdir(), "trivet-state-"));
let made = 0;
const fresh = (): string => join(folder, String(++made));
const fileOf = (directory: string): string => join(directory, "state.jsonl");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeStateStore("the state file", async () => {
	const directory = fresh();
	let store = await openStateFile({ directory });
	return {
		store,
		reopen: async () => {
			await store.close();
			store = await openStateFile({ directory });
			return store;
		},
		close: () => store.close(),
	};
});

describe("the state file on disk", () => {
	test("torn off at any byte, keeps every record whose line is whole and takes new ones", async () => {
		const directory = fresh();
		const store = await openStateFile({ directory });
		for (let n = 1; n <= 3; n++) await store.put({ kind: "k", id: idOf(n), revision: 0, body: `body ${n} é` });
		await store.close();
		const whole = readFileSync(fileOf(directory));
		for (let length = 0; length <= whole.length; length++) {
			const cut = whole.subarray(0, length);
			writeFileSync(fileOf(directory), cut);
			const expected = Math.max(0, cut.toString("latin1").split("\n").length - 2);
			const opened = await openStateFile({ directory });
			expect(opened.damaged).toBe(0);
			expect((await opened.list("k", { limit: 10 })).records).toHaveLength(expected);
			await opened.put({ kind: "k", id: idOf(9), revision: 0, body: "after the crash" });
			await opened.close();
			const again = await openStateFile({ directory });
			expect((await again.list("k", { limit: 10 })).records).toHaveLength(expected + 1);
			await again.close();
		}
	});

	test("what a crash leaves behind the last whole line is cut, whatever it is", async () => {
		const directory = fresh();
		const store = await openStateFile({ directory });
		await store.put({ kind: "k", id: idOf(1), revision: 0, body: 1 });
		await store.close();
		const size = statSync(fileOf(directory)).size;
		for (const rubbish of [Buffer.alloc(5_000), Buffer.from("\n\n\n"), Buffer.from('00000000 {"kind":"k"}\n')]) {
			appendFileSync(fileOf(directory), rubbish);
			const opened = await openStateFile({ directory });
			expect(statSync(fileOf(directory)).size).toBe(size);
			expect(opened.damaged).toBe(0);
			await opened.close();
		}
	});

	test("a line the disk spoilt costs that line alone, is counted, and the spoilt file is kept", async () => {
		const directory = fresh();
		const store = await openStateFile({ directory });
		for (let n = 1; n <= 3; n++) await store.put({ kind: "k", id: idOf(n), revision: 0, body: `body ${n}` });
		await store.close();
		const spoilt = readFileSync(fileOf(directory), "utf8").replace("body 2", "body 7");
		writeFileSync(fileOf(directory), spoilt);
		const opened = await openStateFile({ directory });
		expect(opened.damaged).toBe(1);
		expect((await opened.list("k", { limit: 10 })).records.map(({ body }) => body)).toEqual(["body 3", "body 1"]);
		expect(readFileSync(`${fileOf(directory)}.damaged`, "utf8")).toBe(spoilt);
		await opened.close();
		const again = await openStateFile({ directory });
		expect(again.damaged).toBe(0);
		await again.close();
	});

	test("refuses a file that is something else and leaves it alone", async () => {
		const directory = fresh();
		await (await openStateFile({ directory })).close();
		writeFileSync(fileOf(directory), "trivet-state 2\nof a newer Trivet\n");
		await expect(openStateFile({ directory })).rejects.toThrow(/not a state file of this version/);
		expect(readFileSync(fileOf(directory), "utf8")).toBe("trivet-state 2\nof a newer Trivet\n");
	});

	test("is rewritten when most of it is history, and stays small", async () => {
		const directory = fresh();
		const store = await openStateFile({ directory });
		const filling = "x".repeat(100_000);
		for (let revision = 0; revision < 120; revision++) {
			await store.put({ kind: "k", id: idOf(1), revision, body: { revision, filling } });
		}
		expect(statSync(fileOf(directory)).size).toBeLessThan(5_000_000);
		await store.close();
		const again = await openStateFile({ directory });
		expect(await again.get("k", idOf(1))).toMatchObject({ revision: 120, body: { revision: 119 } });
		expect(existsSync(`${fileOf(directory)}.new`)).toBe(false);
		await again.close();
	});

	test("drops the oldest that may go when a kind has too many, also after a restart", async () => {
		const directory = fresh();
		const options = { directory, mostRecords: 5, mayDrop: ({ body }: { body: unknown }) => body !== "firing" };
		const store = await openStateFile(options);
		for (let n = 1; n <= 9; n++) {
			await store.put({ kind: "k", id: idOf(n), revision: 0, body: n <= 2 ? "firing" : "resolved" });
		}
		const ids = async (of: typeof store) => (await of.list("k", { limit: 100 })).records.map(({ id }) => id);
		expect(await ids(store)).toEqual([9, 8, 7, 2, 1].map(idOf));
		await store.close();
		const again = await openStateFile(options);
		expect(await ids(again)).toEqual([9, 8, 7, 2, 1].map(idOf));
		await again.close();
	});

	test("drops the oldest of all when none may go, and by bytes as well", async () => {
		const directory = fresh();
		const store = await openStateFile({ directory, mostBytes: 50_000, mayDrop: () => false });
		for (let n = 1; n <= 9; n++) await store.put({ kind: "k", id: idOf(n), revision: 0, body: "x".repeat(10_000) });
		const { records } = await store.list("k", { limit: 100 });
		expect(records.map(({ id }) => id)).toEqual([9, 8, 7, 6].map(idOf));
		await store.close();
	});

	test("refuses a record that is too large and one that is no JSON, and goes on", async () => {
		const store = await openStateFile({ directory: fresh() });
		const circle: { self?: unknown } = {};
		circle.self = circle;
		const bodies = ["x".repeat(3_000_000), circle];
		for (const body of bodies) await expect(store.put({ kind: "k", id: idOf(1), revision: 0, body })).rejects.toThrow();
		await expect(store.put({ kind: "k", id: idOf(1), revision: 0, body: bodies[0] })).rejects.toBeInstanceOf(
			InvalidInput,
		);
		await store.put({ kind: "k", id: idOf(1), revision: 0, body: "fine" });
		await store.close();
	});

	test("belongs to one process: a second one is told which has it", async () => {
		const directory = fresh();
		const child = writer(directory);
		await once(createInterface(child.stdout), "line");
		await expect(openStateFile({ directory })).rejects.toThrow(new RegExp(`in use by process ${child.pid}`));
		child.kill("SIGKILL");
		await once(child, "exit");
		await (await openStateFile({ directory })).close();
	});

	test("after kill -9 at any moment everything acknowledged is there", async () => {
		const directory = fresh();
		const acknowledged = new Map<string, number>();
		for (let round = 0; round < 8; round++) {
			const child = writer(directory);
			const exited = once(child, "exit");
			const stopAfter = 1 + Math.floor(Math.random() * 120);
			let seen = 0;
			for await (const line of createInterface(child.stdout)) {
				const [id, revision] = line.split(" ") as [string, string];
				acknowledged.set(id, Number(revision));
				if (++seen === stopAfter) child.kill("SIGKILL");
			}
			await exited;
			const store = await openStateFile({ directory });
			expect(store.damaged).toBe(0);
			for (const [id, revision] of acknowledged) {
				expect((await store.get("k", id))?.revision, id).toBeGreaterThanOrEqual(revision);
			}
			await store.close();
		}
		expect(acknowledged.size).toBeGreaterThan(5);
	});
});

/** A process that puts for ever and prints what was acknowledged: `id revision` a line. */
function writer(directory: string) {
	const built = fileURLToPath(new URL("../../dist/backends/state/state-file.js", import.meta.url));
	const program = `
		import { openStateFile } from ${JSON.stringify(built)};
		const store = await openStateFile({ directory: ${JSON.stringify(directory)} });
		const id = (n) => "00000000-00" + n.toString(16).padStart(2, "0") + "-7000-8000-000000000000";
		const put = async (n) => {
			for (;;) {
				const before = await store.get("k", id(n));
				const { revision } = await store.put({ kind: "k", id: id(n), revision: before?.revision ?? 0, body: "x".repeat(Math.random() * 9000) });
				process.stdout.write(id(n) + " " + revision + "\\n");
			}
		};
		await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(put));
	`;
	return spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
}

test("any changes, restarts and tears leave what a plain map would hold", async () => {
	const change = fc.oneof(
		{
			weight: 6,
			arbitrary: fc.record({ id: fc.integer({ min: 1, max: 4 }), stale: fc.boolean(), body: fc.jsonValue() }),
		},
		{ weight: 1, arbitrary: fc.constant("restart" as const) },
		{ weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
	);
	await fc.assert(
		fc.asyncProperty(fc.array(change, { maxLength: 25 }), async (changes) => {
			const directory = fresh();
			const model = new Map<string, { revision: number; body: unknown }>();
			let store = await openStateFile({ directory });
			for (const one of changes) {
				if (one === "restart" || one instanceof Uint8Array) {
					await store.close();
					// A tear is the beginning of a line that never became whole.
					if (one instanceof Uint8Array)
						appendFileSync(
							fileOf(directory),
							one.filter((byte) => byte !== 10),
						);
					store = await openStateFile({ directory });
					continue;
				}
				const id = idOf(one.id);
				const revision = model.get(id)?.revision ?? 0;
				const put = store.put({ kind: "k", id, revision: one.stale ? revision + 1 : revision, body: one.body });
				if (one.stale) await expect(put).rejects.toBeInstanceOf(Conflict);
				else {
					await put;
					model.set(id, { revision: revision + 1, body: JSON.parse(JSON.stringify(one.body)) });
				}
			}
			const { records } = await store.list("k", { limit: 100 });
			await store.close();
			const expected = [...model].sort(([a], [b]) => (a < b ? 1 : -1));
			expect(records.map(({ id, revision, body }) => [id, { revision, body }])).toEqual(expected);
		}),
		{ numRuns: 60 },
	);
});
