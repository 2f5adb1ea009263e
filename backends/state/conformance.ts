/** The test kit of core's StateStore: what every way of keeping the console's own state must do. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Conflict, InvalidInput, type StateRecord, type StateStore } from "../../core/ports.ts";

export interface StateSubject {
	store: StateStore;
	/** Closes the store and opens it again over the same data. */
	reopen(): Promise<StateStore>;
	close(): Promise<void>;
}

/** UUIDv7 of a moment: `order` stands for the time. */
export function idOf(order: number): string {
	return `${order
		.toString(16)
		.padStart(12, "0")
		.replace(/^(.{8})/, "$1-")}-7000-8000-000000000000`;
}

export function describeStateStore(name: string, make: () => Promise<StateSubject>): void {
	describe(name, () => {
		let subject: StateSubject;
		let store: StateStore;
		beforeAll(async () => {
			subject = await make();
			store = subject.store;
		});
		afterAll(() => subject?.close());

		const everyPage = async (kind: string, limit: number): Promise<StateRecord[]> => {
			const found: StateRecord[] = [];
			let cursor: string | undefined;
			for (let pages = 0; pages < 1_000; pages++) {
				const page = await store.list(kind, { limit, ...(cursor === undefined ? {} : { cursor }) });
				expect(page.records.length).toBeLessThanOrEqual(limit);
				found.push(...page.records);
				if (page.nextCursor === undefined) return found;
				cursor = page.nextCursor;
			}
			throw new Error("the pages do not end");
		};

		it("gives back what was put, at revision 1", async () => {
			const body = { text: 'a "quoted" line\nand another', number: 1.5, none: null, list: [1, [2]], 漢字: "🜃" };
			const before = Date.now();
			const put = await store.put({ kind: "round", id: idOf(1), revision: 0, body });
			expect(put).toMatchObject({ kind: "round", id: idOf(1), revision: 1, body });
			expect(put.updatedUnixMs).toBeGreaterThanOrEqual(before - 1);
			expect(await store.get("round", idOf(1))).toEqual(put);
		});

		it("knows nothing of what was never put", async () => {
			expect(await store.get("round", idOf(999))).toBeNull();
			expect(await store.get("unheard-of", idOf(1))).toBeNull();
			expect(await store.list("unheard-of", { limit: 10 })).toEqual({ records: [] });
		});

		it("counts revisions, and the last one wins", async () => {
			for (let revision = 0; revision < 3; revision++) {
				await store.put({ kind: "change", id: idOf(1), revision, body: { revision } });
			}
			expect(await store.get("change", idOf(1))).toMatchObject({ revision: 3, body: { revision: 2 } });
			expect((await store.list("change", { limit: 10 })).records).toHaveLength(1);
		});

		it.each([
			["a record that is there as new", 0],
			["an older revision", 1],
			["a revision that does not exist yet", 3],
		])("refuses %s as a conflict and changes nothing", async (_, revision) => {
			const id = idOf(100 + revision);
			await store.put({ kind: "stale", id, revision: 0, body: "first" });
			await store.put({ kind: "stale", id, revision: 1, body: "second" });
			await expect(store.put({ kind: "stale", id, revision, body: "late" })).rejects.toBeInstanceOf(Conflict);
			expect(await store.get("stale", id)).toMatchObject({ revision: 2, body: "second" });
		});

		it("lets exactly one of many writers at the same revision through", async () => {
			const writers = Array.from({ length: 20 }, (_, writer) =>
				store.put({ kind: "race", id: idOf(1), revision: 0, body: writer }),
			);
			const done = await Promise.allSettled(writers);
			const won = done.filter((one) => one.status === "fulfilled");
			expect(won).toHaveLength(1);
			for (const one of done) if (one.status === "rejected") expect(one.reason).toBeInstanceOf(Conflict);
			expect(await store.get("race", idOf(1))).toEqual(won[0]!.value);
		});

		it("takes a put at any moment after the one before", async () => {
			for (let n = 0; n < 60; n++) {
				const before = store.put({ kind: "turn", id: idOf(2 * n + 1), revision: 0, body: n });
				if (n % 2 === 0) await before;
				for (let turns = 0; turns < n % 13; turns++) await null;
				await store.put({ kind: "turn", id: idOf(2 * n + 2), revision: 0, body: n });
			}
			expect(await everyPage("turn", 50)).toHaveLength(120);
		});

		it("keeps kinds apart", async () => {
			await store.put({ kind: "left", id: idOf(7), revision: 0, body: "l" });
			await store.put({ kind: "right", id: idOf(7), revision: 0, body: "r" });
			expect((await store.list("left", { limit: 10 })).records.map(({ body }) => body)).toEqual(["l"]);
		});

		it("lists the newest made first, page by page, each once, whatever was changed last", async () => {
			const orders = [5, 3, 9, 1, 7, 2, 8, 6, 4];
			for (const order of orders) await store.put({ kind: "page", id: idOf(order), revision: 0, body: order });
			await store.put({ kind: "page", id: idOf(3), revision: 1, body: 3 });
			for (const limit of [1, 2, 4, 9, 10]) {
				expect((await everyPage("page", limit)).map(({ body }) => body)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
			}
		});

		it("goes on where a page ended although newer records came", async () => {
			for (const order of [1, 2, 3]) await store.put({ kind: "grow", id: idOf(order), revision: 0, body: order });
			const { records, nextCursor } = await store.list("grow", { limit: 2 });
			await store.put({ kind: "grow", id: idOf(4), revision: 0, body: 4 });
			const rest = await store.list("grow", { limit: 2, cursor: nextCursor! });
			expect([...records, ...rest.records].map(({ body }) => body)).toEqual([3, 2, 1]);
			expect(rest.nextCursor).toBeUndefined();
		});

		it.each([
			["an id that is no UUIDv7", { kind: "bad", id: "1", revision: 0, body: 1 }],
			["a UUID of another version", { kind: "bad", id: "4b1c6f0e-3f7e-4d5a-9d0b-0f6c1d2e3f4a", revision: 0, body: 1 }],
			["a kind that is no name", { kind: "../up", id: idOf(1), revision: 0, body: 1 }],
		])("refuses %s", async (_, record) => {
			await expect(store.put(record)).rejects.toBeInstanceOf(InvalidInput);
		});

		it("refuses a cursor that is none", async () => {
			await expect(store.list("page", { limit: 1, cursor: "page two" })).rejects.toBeInstanceOf(InvalidInput);
		});

		it("does not change with what the caller does to a body afterwards", async () => {
			const body = { list: [1] };
			await store.put({ kind: "own", id: idOf(1), revision: 0, body });
			body.list.push(2);
			expect((await store.get("own", idOf(1)))?.body).toEqual({ list: [1] });
		});

		it("has everything after it was closed and opened again", async () => {
			const kinds = ["round", "change", "stale", "race", "left", "right", "page", "grow", "own"];
			const all = async () =>
				Object.fromEntries(await Promise.all(kinds.map(async (kind) => [kind, await everyPage(kind, 3)])));
			const before = await all();
			store = await subject.reopen();
			expect(await all()).toEqual(before);
			await store.put({ kind: "change", id: idOf(1), revision: 3, body: "after" });
			expect(await store.get("change", idOf(1))).toMatchObject({ revision: 4, body: "after" });
		});
	});
}
