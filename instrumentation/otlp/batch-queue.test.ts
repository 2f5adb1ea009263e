import fc from "fast-check";
import { expect, it } from "vitest";
import { BatchQueue } from "./batch-queue.ts";

it("every item is sent once and in order, or counted as dropped", async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.integer({ min: 1, max: 20 }),
			fc.integer({ min: 1, max: 8 }),
			fc.array(fc.constantFrom("push", "pause", "fail"), { maxLength: 60 }),
			async (size, batch, steps) => {
				const arrived: number[] = [];
				let failing = false;
				let lost = 0;
				const queue = new BatchQueue<number>({
					size,
					batch,
					delayMs: 0,
					async send(items) {
						expect(items.length).toBeLessThanOrEqual(batch);
						await null;
						if (failing) {
							failing = false;
							lost += items.length;
							return 0;
						}
						arrived.push(...items);
						return items.length;
					},
				});
				let pushed = 0;
				for (const step of steps) {
					if (step === "push") {
						queue.push(pushed++);
					} else if (step === "fail") {
						failing = true;
					} else {
						await new Promise((resolve) => setImmediate(resolve));
					}
				}
				await queue.flush();
				const { sent, droppedQueueFull, droppedNotSent } = queue.counts();
				expect(sent + droppedQueueFull + droppedNotSent).toBe(pushed);
				expect(sent).toBe(arrived.length);
				expect(droppedNotSent).toBe(lost);
				expect(arrived).toEqual([...arrived].sort((a, b) => a - b));
			},
		),
		{ numRuns: 200 },
	);
});

it("what is heavy waits in bounds and leaves in batches a receiver takes", async () => {
	const batches: string[][] = [];
	const queue = new BatchQueue<string>({
		size: 1_000,
		batch: 100,
		delayMs: 0,
		weigh: (item) => item.length,
		async send(items) {
			batches.push(items);
			return items.length;
		},
	});
	const heavy = "x".repeat(1024 * 1024);
	for (let i = 0; i < 50; i++) {
		queue.push(heavy);
	}
	queue.push("light");
	expect(queue.counts().droppedQueueFull).toBe(19);
	await queue.flush();
	expect(batches.map(({ length }) => length)).toEqual([4, 4, 4, 4, 4, 4, 4, 4]);
	queue.push(heavy);
	queue.push("light");
	await queue.flush();
	expect(batches.at(-1)).toEqual([heavy, "light"]);
	expect(queue.counts()).toEqual({ sent: 34, droppedQueueFull: 19, droppedNotSent: 0 });
});

it("what nobody has confirmed can be taken back, and is not counted twice", async () => {
	let confirm = (_sent: number): void => {};
	const queue = new BatchQueue<number>({
		size: 10,
		batch: 2,
		delayMs: 0,
		send: () =>
			new Promise((resolve) => {
				confirm = resolve;
			}),
	});
	for (let i = 1; i <= 5; i++) {
		queue.push(i);
	}
	const flushed = queue.flush();
	expect(queue.abandon()).toEqual([[1, 2], [3, 4], [5]]);
	confirm(2);
	await flushed;
	expect(queue.counts()).toEqual({ sent: 0, droppedQueueFull: 0, droppedNotSent: 0 });
	expect(queue.abandon()).toEqual([]);
});
