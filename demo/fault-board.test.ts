import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AUTO_OFF_MS, FaultBoard } from "./fault-board.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

describe("the fault board", () => {
	it("tells what is on after every change", () => {
		const told: string[][] = [];
		const board = new FaultBoard((enabled) => told.push(enabled));
		board.set("slow-edge", true);
		board.set("lost-link", true);
		board.set("slow-edge", false);
		expect(told).toEqual([["slow-edge"], ["slow-edge", "lost-link"], ["lost-link"]]);
		board.close();
	});

	it("switches a fault off after ten minutes, counted from when it was last switched on", () => {
		const board = new FaultBoard(() => {});
		board.set("slow-edge", true);
		vi.advanceTimersByTime(AUTO_OFF_MS - 1);
		board.set("slow-edge", true);
		vi.advanceTimersByTime(AUTO_OFF_MS - 1);
		expect(board.enabled()).toEqual(["slow-edge"]);
		vi.advanceTimersByTime(1);
		expect(board.enabled()).toEqual([]);
	});
});
