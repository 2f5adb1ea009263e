/**
 * Self time: the part of a span's duration during which none of its children runs.
 *
 *     parent |--------------------------|
 *     a         |------|                        self of parent = 4 gaps, a and b counted once where
 *     b             |-----|                     they overlap, c only as far as the parent reaches
 *     c                        |------------|
 */

/** Nanoseconds for each row of a tree in depth-first order with siblings by start time. Placeholders have none. */
export function selfTimes(tree: {
	parent: Int32Array;
	startNs: Float64Array;
	durationsNs: Float64Array;
	spans: readonly unknown[];
}): Float64Array {
	const { parent, startNs, durationsNs, spans } = tree;
	const self = Float64Array.from(durationsNs);
	/** Up to where the children seen so far cover the row. */
	const coveredTo = Float64Array.from(startNs);
	for (let row = 0; row < self.length; row++) {
		const up = parent[row] ?? -1;
		if (up >= 0) {
			const start = startNs[row] ?? 0;
			const from = Math.max(start, coveredTo[up] ?? 0);
			const to = Math.min(start + (durationsNs[row] ?? 0), (startNs[up] ?? 0) + (durationsNs[up] ?? 0));
			if (to > from) {
				self[up] = (self[up] ?? 0) - (to - from);
				coveredTo[up] = to;
			}
		}
	}
	for (let row = 0; row < self.length; row++) if (spans[row] === null) self[row] = 0;
	return self;
}
