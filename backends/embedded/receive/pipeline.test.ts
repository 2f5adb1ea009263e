import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Journal } from "../journal/journal.ts";
import type { Batch } from "../store/batch.ts";
import { Budget } from "./budget.ts";
import { decode, type Request } from "./decode.ts";
import { DecoderThread } from "./decoder-thread.ts";
import { Pipeline } from "./pipeline.ts";
import { Quota } from "./quota.ts";

const START = { file: 0n, position: 0n };

function requestOf(services: Record<string, number>): Request {
	const span = {
		traceId: "0af7651916cd43dd8448eb211c80319c",
		spanId: "b7ad6b7169203331",
		startTimeUnixNano: "1",
		endTimeUnixNano: "2",
	};
	const message = {
		resourceSpans: Object.entries(services).map(([service, count]) => ({
			resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
			scopeSpans: [{ spans: Array.from({ length: count }, () => span) }],
		})),
	};
	const body = Uint8Array.from(Buffer.from(JSON.stringify(message)));
	return { signal: "traces", type: "json", body, receivedMs: Date.now(), keep: false, deny: [] };
}

describe("the pipeline near its capacity", () => {
	let directory: string;
	let journal: Journal;
	let pipeline: Pipeline;
	let budget: Budget;
	/** Loads that the store has not finished. */
	let loading: { batch: Batch; finish(): void }[];
	const finishAll = () => {
		for (const load of loading.splice(0)) load.finish();
	};
	const take = (request: Request) => {
		const bytes = request.body.length;
		if (!budget.take(bytes)) throw new Error("no room");
		return pipeline.take(request, bytes);
	};
	beforeEach(async () => {
		directory = mkdtempSync(join(tmpdir(), "trivet-pipeline-"));
		journal = (await Journal.open(directory, START, async () => {})).journal;
		budget = new Budget(120_000);
		loading = [];
		pipeline = new Pipeline({
			budget,
			quota: new Quota(10),
			load: (batch) => new Promise((finish) => loading.push({ batch, finish })),
		});
		pipeline.useJournal(journal);
	});
	afterEach(async () => {
		finishAll();
		await pipeline.close();
		await journal.close();
		rmSync(directory, { recursive: true, force: true });
	});

	test("turns the noisy service away, alone or in company, and lets the quiet one in; a replay decides the same", async () => {
		for (let i = 0; i < 2; i++) {
			expect(await take(requestOf({ noisy: 230, quiet: 5 }))).toMatchObject({ accepted: 235, rejected: 0 });
		}
		await expect(take(requestOf({ noisy: 100 }))).rejects.toMatchObject({
			name: "Overloaded",
			message: expect.stringMatching(/^noisy sends more/),
		});
		expect(await take(requestOf({ noisy: 100, quiet: 2 }))).toMatchObject({ accepted: 2, rejected: 100 });
		expect(pipeline.counters.traces).toEqual({ accepted: 472, rejected: 200, dropped: 0 });

		await journal.close();
		const replayed: number[] = [];
		await Journal.open(directory, START, async (request) => {
			replayed.push(decode(request).accepted);
		});
		expect(replayed).toEqual([235, 235, 2]);
	});

	test("gives the bytes back when the rows are loaded, and when the request was refused", async () => {
		await take(requestOf({ a: 1 }));
		expect(budget.used).toBeGreaterThan(0);
		finishAll();
		await pipeline.drain();
		expect(budget.used).toBe(0);
		await expect(take({ ...requestOf({}), body: Uint8Array.from(Buffer.from("{")) })).rejects.toMatchObject({
			name: "InvalidInput",
		});
		expect(budget.used).toBe(0);
	});

	test("hands batches to the store in the order of the journal", async () => {
		await Promise.all(Array.from({ length: 30 }, (_, i) => take(requestOf({ a: i + 1 }))));
		expect(loading.map(({ batch }) => batch.tables.spans!.rows)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
	});
});

describe("the decoder's thread", () => {
	test("gives up a request that stalls it and goes on with the next", async () => {
		const decoder = new DecoderThread(1_000);
		const spans = `{"resourceSpans":[{"scopeSpans":[{"spans":[${"{},".repeat(4_000_000)}{}]}]}]}`;
		const stalling = { ...requestOf({}), body: Uint8Array.from(Buffer.from(spans)) };
		const [stalled, behind] = await Promise.allSettled([decoder.decode(stalling), decoder.decode(requestOf({ a: 1 }))]);
		expect(stalled).toMatchObject({
			status: "rejected",
			reason: { name: "InvalidInput", message: expect.stringMatching(/longer than 1 s/) },
		});
		expect(behind).toMatchObject({ status: "rejected", reason: { name: "Overloaded" } });
		expect((await decoder.decode(requestOf({ a: 3 }))).decoded.accepted).toBe(3);
		await decoder.close();
	});
});
