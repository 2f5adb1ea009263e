/** Growth of counters and buckets, added up by service, route and slot of time until they are RED. */
import type { HistogramPoint } from "../../../core/model.ts";
import type { RedPoint, RedSummary } from "../../../core/ports.ts";
import { redOfHistogram } from "../../../core/red.ts";
import type { NativeHistogram } from "./prometheus-api.ts";

/** Calls, errors and distribution of one slot. */
interface Bin {
	calls: number;
	errors: number;
	/** Count at and below each bound of classic buckets. */
	cumulative: Map<number, number>;
	/** Count by upper bound of native buckets, with the lower bound. */
	native: Map<number, { lower: number; count: number }>;
}

const emptyBin = (): Bin => ({ calls: 0, errors: 0, cumulative: new Map(), native: new Map() });

export class RedBins {
	private readonly bins: (Bin | undefined)[];

	constructor(slots: number) {
		this.bins = new Array(slots);
	}

	addCount(kind: "calls" | "errors", slot: number, value: number): void {
		const bin = this.at(slot);
		if (bin && Number.isFinite(value)) bin[kind] += value;
	}

	addBucket(bound: number, slot: number, value: number): void {
		const bin = this.at(slot);
		if (bin && Number.isFinite(value) && !Number.isNaN(bound)) {
			bin.cumulative.set(bound, (bin.cumulative.get(bound) ?? 0) + value);
		}
	}

	/** `times`: what its counts are multiplied by. */
	addNative(histogram: NativeHistogram, slot: number, times: number): void {
		const bin = this.at(slot);
		if (!bin || !Array.isArray(histogram.buckets)) return;
		for (const bucket of histogram.buckets) {
			if (!Array.isArray(bucket)) continue;
			const [, lower, upper, count] = bucket;
			const [from, to, calls] = [Math.max(0, Number(lower)), Number(upper), Number(count) * times];
			if (!(to > 0) || !Number.isFinite(calls)) continue;
			const known = bin.native.get(to);
			if (known) known.count += calls;
			else bin.native.set(to, { lower: from, count: calls });
		}
	}

	/** `seconds` and `startNs` of the slot at each position. */
	points(slots: readonly { startNs: bigint; seconds: number }[], unitMs: number): RedPoint[] {
		return slots.map(({ startNs, seconds }, at) => ({
			timeUnixNano: startNs,
			...redOf(this.bins[at] ?? emptyBin(), seconds, unitMs),
		}));
	}

	summary(seconds: number, unitMs: number): RedSummary {
		const whole = emptyBin();
		for (const bin of this.bins) {
			if (bin === undefined) continue;
			whole.calls += bin.calls;
			whole.errors += bin.errors;
			for (const [bound, count] of bin.cumulative) {
				whole.cumulative.set(bound, (whole.cumulative.get(bound) ?? 0) + count);
			}
			for (const [upper, { lower, count }] of bin.native) {
				const known = whole.native.get(upper);
				if (known) known.count += count;
				else whole.native.set(upper, { lower, count });
			}
		}
		return redOf(whole, seconds, unitMs);
	}

	private at(slot: number): Bin | null {
		if (!(slot >= 0 && slot < this.bins.length)) return null;
		let bin = this.bins[slot];
		if (bin === undefined) {
			bin = emptyBin();
			this.bins[slot] = bin;
		}
		return bin;
	}
}

function redOf(bin: Bin, seconds: number, unitMs: number): RedSummary {
	const shape = bin.native.size > 0 ? nativeShape(bin.native) : classicShape(bin.cumulative);
	const point: HistogramPoint = { count: bin.calls, sum: 0, min: null, max: null, ...shape };
	return redOfHistogram(point, bin.errors, seconds, unitMs);
}

type Shape = Pick<HistogramPoint, "bounds" | "counts">;

function classicShape(cumulative: ReadonlyMap<number, number>): Shape {
	const sorted = [...cumulative].sort(([a], [b]) => a - b);
	let below = 0;
	const counts = sorted.map(([, count]) => {
		// Readings of the buckets of one histogram can be torn apart; counts never fall.
		const own = Math.max(0, count - below);
		below = Math.max(below, count);
		return own;
	});
	const bounds = sorted.map(([bound]) => bound);
	if (bounds.at(-1) === Number.POSITIVE_INFINITY) bounds.pop();
	else counts.push(0);
	return { bounds, counts };
}

/** Native buckets leave out the empty ones: where one begins above the end of the one before, there is an empty one between. */
function nativeShape(native: ReadonlyMap<number, { lower: number; count: number }>): Shape {
	const bounds: number[] = [];
	const counts: number[] = [];
	let beyond = 0;
	for (const [upper, { lower, count }] of [...native].sort(([a], [b]) => a - b)) {
		if (lower > (bounds.at(-1) ?? 0)) {
			bounds.push(lower);
			counts.push(0);
		}
		if (upper === Number.POSITIVE_INFINITY) beyond += count;
		else {
			bounds.push(upper);
			counts.push(count);
		}
	}
	return { bounds, counts: [...counts, beyond] };
}
