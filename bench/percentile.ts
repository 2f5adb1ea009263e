/** The value that `percent` per cent of the ascending `sorted` do not exceed (nearest rank); 0 when there are none. */
export function percentile(sorted: readonly number[], percent: number): number {
	if (sorted.length === 0) return 0;
	const rank = Math.ceil((percent / 100) * sorted.length);
	return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1]!;
}

export function percentiles(values: readonly number[]): {
	p50: number;
	p95: number;
	p99: number;
	max: number;
	n: number;
} {
	const sorted = [...values].sort((a, b) => a - b);
	const round = (percent: number) => Math.round(percentile(sorted, percent) * 10) / 10;
	return { p50: round(50), p95: round(95), p99: round(99), max: round(100), n: values.length };
}
