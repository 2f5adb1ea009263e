/** How a window is cut for searches side by side. */
import type { TimeWindow } from "../../../core/model.ts";
import { SECOND } from "../../../core/time.ts";
import type { FoundTrace } from "./search-spans.ts";

export function isWithin(time: bigint, window: TimeWindow): boolean {
	return time >= window.fromUnixNano && time < window.toUnixNano;
}

/** Consecutive parts of the window, each with about `spansPerSlice` spans of the known traces. */
export function slicesOf(window: TimeWindow, known: readonly FoundTrace[], spansPerSlice: number): TimeWindow[] {
	const sorted = [...known];
	sorted.sort((a, b) => (a.startUnixNano < b.startUnixNano ? -1 : a.startUnixNano > b.startUnixNano ? 1 : 0));
	const slices: TimeWindow[] = [];
	let from = window.fromUnixNano;
	let spans = 0;
	for (const { startUnixNano, matched } of sorted) {
		const second = (startUnixNano / SECOND) * SECOND;
		if (spans + matched > spansPerSlice && second > from) {
			slices.push({ fromUnixNano: from, toUnixNano: second });
			from = second;
			spans = 0;
		}
		spans += matched;
	}
	slices.push({ fromUnixNano: from, toUnixNano: window.toUnixNano });
	return slices;
}

export function cutEvenly({ fromUnixNano, toUnixNano }: TimeWindow, parts: number): TimeWindow[] {
	const length = longer(SECOND, (toUnixNano - fromUnixNano) / BigInt(parts));
	const slices: TimeWindow[] = [];
	for (let from = fromUnixNano; from < toUnixNano && slices.length < parts; from += length) {
		const last = slices.length === parts - 1 || from + length > toUnixNano;
		slices.push({ fromUnixNano: from, toUnixNano: last ? toUnixNano : from + length });
	}
	return slices;
}

export function longer(a: bigint, b: bigint): bigint {
	return a > b ? a : b;
}
