/** Core's latency sketch as SQL sees it: rows of bucket and count, computed by `ceil(ln(duration) / LOG_GAMMA)`; -1 stands for zero. */
import { emptySketch, type Sketch } from "../../../core/sketch.ts";

const ACCURACY = 0.01;
/** The same as core/sketch.ts; a property test holds the two together. */
export const LOG_GAMMA = Math.log((1 + ACCURACY) / (1 - ACCURACY));
export const ZERO_BUCKET = -1;

/** Adds a bucket, in any order of buckets; `finishSketch` sorts. */
export function addRow(sketch: Sketch, bucket: number, calls: number, sumNs: number): void {
	sketch.count += calls;
	sketch.sum += sumNs;
	if (bucket === ZERO_BUCKET) sketch.zeros += calls;
	else {
		sketch.index.push(bucket);
		sketch.counts.push(calls);
	}
}

/** Sorts and adds up what `addRow` put together; the ends are those of the outer buckets, within the sketch's accuracy. */
export function finishSketch(sketch: Sketch): Sketch {
	const order = sketch.index.map((_, i) => i).sort((a, b) => sketch.index[a]! - sketch.index[b]!);
	const finished = { ...emptySketch(), count: sketch.count, sum: sketch.sum, zeros: sketch.zeros };
	for (const i of order) {
		if (finished.index.at(-1) === sketch.index[i]) finished.counts[finished.counts.length - 1]! += sketch.counts[i]!;
		else {
			finished.index.push(sketch.index[i]!);
			finished.counts.push(sketch.counts[i]!);
		}
	}
	const lowest = finished.index[0];
	const highest = finished.index.at(-1);
	finished.max = highest === undefined ? 0 : bucketValue(highest);
	finished.min = finished.zeros > 0 || lowest === undefined ? 0 : bucketValue(lowest);
	return finished;
}

/** The value a bucket stands for, within the sketch's accuracy of all values in it. */
export function bucketValue(bucket: number): number {
	if (bucket === ZERO_BUCKET) return 0;
	return (2 * Math.exp(bucket * LOG_GAMMA)) / (Math.exp(LOG_GAMMA) + 1);
}
