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
