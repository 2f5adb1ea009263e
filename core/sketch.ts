/**
 * A mergeable latency sketch with 1 % relative accuracy (DDSketch, Masson et al., VLDB 2019). Plain data, so that it can be stored
 * and sent. Merging is associative and commutative, whatever is dropped to stay within bounds.
 */

export interface Sketch {
	count: number;
	sum: number;
	min: number;
	max: number;
	/** Values of 0 and below. */
	zeros: number;
	/** Bucket index (ceil(log_gamma(value))) and count, ascending by index. */
	index: number[];
	counts: number[];
}

const ACCURACY = 0.01;
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY);
const LOG_GAMMA = Math.log(GAMMA);
/** Buckets span a factor of 6e17 (a nanosecond to 19 years). Lower values than that below the highest share the lowest bucket. */
const MAX_SPAN = 2048;

/** `min` and `max` of an empty sketch are 0. */
export function emptySketch(): Sketch {
	return { count: 0, sum: 0, min: 0, max: 0, zeros: 0, index: [], counts: [] };
}

/** Adds a value that stands for `weight` values, in place. Values that are not finite are left out. */
export function addToSketch(sketch: Sketch, value: number, weight = 1): void {
	if (!Number.isFinite(value) || !(weight > 0)) return;
	sketch.min = sketch.count === 0 ? value : Math.min(sketch.min, value);
	sketch.max = sketch.count === 0 ? value : Math.max(sketch.max, value);
	sketch.count += weight;
	sketch.sum += value * weight;
	if (value > 0) addBucket(sketch, Math.ceil(Math.log(value) / LOG_GAMMA), weight);
	else sketch.zeros += weight;
}

/** A new sketch of everything in the two. */
export function mergeSketches(a: Sketch, b: Sketch): Sketch {
	const [base, other] = a.index.length >= b.index.length ? [a, b] : [b, a];
	const merged: Sketch = {
		count: a.count + b.count,
		sum: a.sum + b.sum,
		min: a.count === 0 ? b.min : b.count === 0 ? a.min : Math.min(a.min, b.min),
		max: a.count === 0 ? b.max : b.count === 0 ? a.max : Math.max(a.max, b.max),
		zeros: a.zeros + b.zeros,
		index: base.index.slice(),
		counts: base.counts.slice(),
	};
	for (let i = 0; i < other.index.length; i++) addBucket(merged, other.index[i] ?? 0, other.counts[i] ?? 0);
	return merged;
}

/** The value at quantile `q` (0..1), within 1 %; NaN for an empty sketch. */
export function quantile(sketch: Sketch, q: number): number {
	if (sketch.count <= 0) return Number.NaN;
	if (q <= 0) return sketch.min;
	if (q >= 1) return sketch.max;
	const rank = Math.max(0, q * (sketch.count - 1));
	let seen = sketch.zeros;
	if (seen > rank) return Math.min(0, sketch.max);
	for (let i = 0; i < sketch.index.length; i++) {
		seen += sketch.counts[i] ?? 0;
		if (seen > rank) return clamp(middleOf(sketch.index[i] ?? 0), sketch);
	}
	return sketch.max;
}

/** The share (0..1) of values below `value`, those of its own bucket by half; NaN for an empty sketch. */
export function rankIn(sketch: Sketch, value: number): number {
	if (sketch.count <= 0) return Number.NaN;
	if (value > sketch.max) return 1;
	if (value < sketch.min) return 0;
	const own = value > 0 ? Math.ceil(Math.log(value) / LOG_GAMMA) : Number.NEGATIVE_INFINITY;
	let below = value > 0 ? sketch.zeros : sketch.zeros / 2;
	for (let i = 0; i < sketch.index.length; i++) {
		const index = sketch.index[i] ?? 0;
		if (index > own) break;
		below += (sketch.counts[i] ?? 0) * (index === own ? 0.5 : 1);
	}
	return below / sketch.count;
}

/** The middle of a bucket, in which every value of it is within the accuracy. */
function middleOf(index: number): number {
	return (2 * Math.exp(index * LOG_GAMMA)) / (GAMMA + 1);
}

function clamp(value: number, { min, max }: Sketch): number {
	return Math.min(max, Math.max(min, value));
}

function addBucket(sketch: Sketch, wanted: number, weight: number): void {
	const { index, counts } = sketch;
	const highest = index.at(-1) ?? wanted;
	const bucket = Math.max(wanted, highest - MAX_SPAN + 1);
	let from = 0;
	let to = index.length;
	while (from < to) {
		const middle = (from + to) >> 1;
		if ((index[middle] ?? 0) < bucket) from = middle + 1;
		else to = middle;
	}
	if (index[from] === bucket) counts[from] = (counts[from] ?? 0) + weight;
	else {
		index.splice(from, 0, bucket);
		counts.splice(from, 0, weight);
	}
	if (wanted > highest) dropLowest(sketch, wanted - MAX_SPAN + 1);
}

/** Everything below `lowest` goes into it. What remains depends only on the highest bucket, so the order of adding does not matter. */
function dropLowest(sketch: Sketch, lowest: number): void {
	const { index, counts } = sketch;
	let low = 0;
	let weight = 0;
	while (low < index.length && (index[low] ?? 0) < lowest) weight += counts[low++] ?? 0;
	if (low === 0) return;
	index.splice(0, low);
	counts.splice(0, low);
	if (index[0] === lowest) counts[0] = (counts[0] ?? 0) + weight;
	else {
		index.unshift(lowest);
		counts.unshift(weight);
	}
}
