/** The times in an OTLP/JSON export request: where they lie, and moving them. */

const TIME_KEY = /^(time|startTime|endTime|observedTime)UnixNano$/;
const DIGITS = /^\d{1,20}$/;

/** Earliest and latest time in the request, epoch milliseconds; null when it has none. Zero is "not set" in OTLP and does not count. */
export function requestTimes(request: unknown): { fromMs: number; toMs: number } | null {
	let from: bigint | null = null;
	let to: bigint | null = null;
	visitTimes(request, (time) => {
		if (from === null || time < from) from = time;
		if (to === null || time > to) to = time;
		return time;
	});
	return from === null || to === null
		? null
		: { fromMs: Number((from as bigint) / 1_000_000n), toMs: Number((to as bigint) / 1_000_000n) };
}

/** Moves every time of the request, in place. */
export function shiftRequest(request: unknown, byNs: bigint): void {
	visitTimes(request, (time) => time + byNs);
}

/** Iterative, and never into attribute values: a key called timeUnixNano there is the app's own. */
function visitTimes(request: unknown, change: (time: bigint) => bigint): void {
	const open: unknown[] = [request];
	while (open.length > 0) {
		const value = open.pop();
		if (typeof value !== "object" || value === null) continue;
		for (const [key, inner] of Object.entries(value)) {
			if (key === "attributes" || key === "body") continue;
			if (TIME_KEY.test(key) && (typeof inner === "string" || typeof inner === "number")) {
				const text = String(inner);
				if (DIGITS.test(text) && text !== "0") (value as Record<string, unknown>)[key] = String(change(BigInt(text)));
			} else if (typeof inner === "object") {
				open.push(inner);
			}
		}
	}
}
