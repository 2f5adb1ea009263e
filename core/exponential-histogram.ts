/** OTLP's exponential histograms as explicit buckets (OpenTelemetry data model, "ExponentialHistogram"). */

/** More buckets than this are merged in pairs, which halves the resolution and keeps every bound exact. */
const MAX_BUCKETS = 160;

interface Buckets {
	offset: number;
	counts: number[];
}

/**
 * Upper bounds, ascending, and one count more than bounds. Bucket i of `positive` covers (base^(offset+i), base^(offset+i+1)] with
 * base = 2^(2^-scale); `negative` mirrors it; `zeroCount` lies within the zero threshold.
 */
export function explicitBuckets(point: {
	scale: number;
	zeroCount: number;
	zeroThreshold: number;
	positive: Buckets;
	negative: Buckets;
}): { bounds: number[]; counts: number[] } {
	let { scale } = point;
	let positive = trim(point.positive);
	let negative = trim(point.negative);
	while (positive.counts.length > MAX_BUCKETS || negative.counts.length > MAX_BUCKETS) {
		positive = halve(positive);
		negative = halve(negative);
		scale--;
	}
	const at = (index: number) => 2 ** (index * 2 ** -scale);
	const bounds: number[] = [];
	const counts: number[] = [];
	/** The counts up to `bound`; bounds that floating point cannot tell apart share a bucket. */
	const push = (bound: number, count: number) => {
		const last = bounds.at(-1);
		if (last !== undefined && bound <= last) counts[counts.length - 1] = (counts.at(-1) ?? 0) + count;
		else {
			bounds.push(bound);
			counts.push(count);
		}
	};
	let overflow = 0;
	if (negative.counts.length > 0) {
		const lowest = -at(negative.offset + negative.counts.length);
		if (Number.isFinite(lowest)) push(lowest, 0);
		for (let i = negative.counts.length - 1; i >= 0; i--) {
			const upper = -at(negative.offset + i);
			push(Number.isFinite(upper) ? upper : -Number.MAX_VALUE, negative.counts[i] ?? 0);
		}
	}
	if (point.zeroCount > 0 || negative.counts.length > 0) push(Math.max(0, point.zeroThreshold), point.zeroCount);
	if (positive.counts.length > 0) {
		const lower = at(positive.offset);
		if (Number.isFinite(lower)) push(lower, 0);
		for (let i = 0; i < positive.counts.length; i++) {
			const upper = at(positive.offset + i + 1);
			if (Number.isFinite(upper)) push(upper, positive.counts[i] ?? 0);
			else overflow += positive.counts[i] ?? 0;
		}
	}
	counts.push(overflow);
	return { bounds, counts };
}

function trim(buckets: Buckets): Buckets {
	let from = 0;
	let to = buckets.counts.length;
	while (from < to && buckets.counts[from] === 0) from++;
	while (to > from && buckets.counts[to - 1] === 0) to--;
	return { offset: buckets.offset + from, counts: buckets.counts.slice(from, to) };
}

/** Joins buckets 2k and 2k+1 into bucket k of the next lower scale. */
function halve({ offset, counts }: Buckets): Buckets {
	const lower = Math.floor(offset / 2);
	const joined = new Array<number>(counts.length === 0 ? 0 : Math.floor((offset + counts.length - 1) / 2) - lower + 1);
	joined.fill(0);
	counts.forEach((count, i) => {
		const to = Math.floor((offset + i) / 2) - lower;
		joined[to] = (joined[to] ?? 0) + count;
	});
	return { offset: lower, counts: joined };
}
