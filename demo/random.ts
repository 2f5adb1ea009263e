/** A small seeded generator (mulberry32): the same seed gives the same shoppers, so a demo can be repeated. */
export interface Random {
	/** Uniform in [0, 1). */
	next(): number;
	/** Whole number in [low, high]. */
	between(low: number, high: number): number;
	pick<T>(items: readonly T[]): T;
	chance(probability: number): boolean;
	/** Exponential with this mean: gaps between independent arrivals. */
	exponential(mean: number): number;
	/** Log-normal around this median: latencies and think times have such a tail. */
	logNormal(median: number, sigma: number): number;
}

export function seededRandom(seed: number): Random {
	let state = seed >>> 0;
	const next = () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
	const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
	return {
		next,
		between: (low, high) => low + Math.floor(next() * (high - low + 1)),
		pick: (items) => items[Math.floor(next() * items.length)]!,
		chance: (probability) => next() < probability,
		exponential: (mean) => -mean * Math.log(1 - next()),
		logNormal: (median, sigma) => median * Math.exp(sigma * normal()),
	};
}
