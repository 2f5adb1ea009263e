import { percentile } from "../percentile.ts";

/**
 * Measures every variant once a round, in turns, so that a machine that gets slower is slow for all; the order turns by one
 * each round. @returns what was measured, by variant, one value a round.
 */
export async function inTurns<K extends string, V>(
	names: readonly K[],
	rounds: number,
	measure: (name: K) => Promise<V>,
	progress: (round: number) => void,
): Promise<Record<K, V[]>> {
	const found = Object.fromEntries(names.map((name) => [name, [] as V[]])) as Record<K, V[]>;
	for (let round = 0; round < rounds; round++) {
		progress(round + 1);
		for (let at = 0; at < names.length; at++) {
			const name = names[(at + round) % names.length]!;
			found[name].push(await measure(name));
		}
	}
	return found;
}

export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const half = sorted.length >> 1;
	return sorted.length % 2 === 1 ? percentile(sorted, 50) : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** The median of what each round had over the same round's `base`. */
export function extra(values: readonly number[], base: readonly number[]): number {
	return median(values.map((value, round) => value - base[round]!));
}
