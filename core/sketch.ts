/** A mergeable latency sketch with 1 % relative accuracy (DDSketch, Masson et al., VLDB 2019). Plain data, so that it can be stored and sent. */

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
