/** Times within a trace: `+0.000 ms`, `+1 204.312 ms`, `−3.5 ms`. One unit for the whole column, so that the figures line up. */
export function formatOffset(ns: number): string {
	const sign = ns < 0 ? "−" : "+";
	const [whole = "0", rest = "000"] = (Math.abs(ns) / 1e6).toFixed(3).split(".");
	return `${sign}${whole.replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f")}.${rest} ms`;
}

/** Every nanosecond of it: `+1 204 312 456 ns`. */
export function formatOffsetExact(ns: number): string {
	const sign = ns < 0 ? "−" : "+";
	return `${sign}${Math.abs(Math.round(ns))
		.toString()
		.replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f")} ns`;
}

/** `p97`: the share of peers that were at most as slow, never rounded up to p100. */
export function formatPercentile(share: number): string {
	return share >= 0.995 && share < 1
		? `p${(Math.floor(share * 1000) / 10).toFixed(1)}`
		: `p${Math.min(99, Math.floor(share * 100))}`;
}
