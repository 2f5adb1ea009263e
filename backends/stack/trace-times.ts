/** When a trace was: what narrows the questions about its lines and exemplars, which no index of the engines answers by ID. */
import type { SpanCore, TimeWindow, TraceId } from "../../core/model.ts";
import type { Answer } from "../../core/ports.ts";

const MAX_REMEMBERED = 200;
/** Late spans may widen a trace, so a time is not believed for long. */
const REMEMBERED_MS = 5_000;

interface Known {
	atMs: number;
	window: Promise<TimeWindow | null>;
}

export class TraceTimes {
	private readonly known = new Map<TraceId, Known>();

	/** Learns from a look-up under way: whoever asks for the time meanwhile waits for it instead of asking again. Gives the look-up back. */
	learn<T extends SpanCore>(traceId: TraceId, answer: Promise<Answer<T[]>>): Promise<Answer<T[]>> {
		const window = answer.then(
			({ data }) => extent(data),
			() => null,
		);
		this.known.delete(traceId);
		this.known.set(traceId, { atMs: Date.now(), window });
		for (const oldest of this.known.keys()) {
			if (this.known.size <= MAX_REMEMBERED) break;
			this.known.delete(oldest);
		}
		return answer;
	}

	/** From its first span's start to its last one's end; null when no span of it is known. `lookUp` is asked when nothing is known of late. */
	async of(traceId: TraceId, lookUp: () => Promise<Answer<SpanCore[]>>): Promise<TimeWindow | null> {
		const known = this.known.get(traceId);
		if (known !== undefined && Date.now() - known.atMs < REMEMBERED_MS) return known.window;
		return this.learn(traceId, lookUp()).then(
			({ data }) => extent(data),
			() => null,
		);
	}
}

function extent(spans: readonly SpanCore[]): TimeWindow | null {
	const first = spans[0];
	if (first === undefined) return null;
	let from = first.startUnixNano;
	let to = from;
	for (const { startUnixNano, durationNs } of spans) {
		const end = startUnixNano + BigInt(Math.max(0, Math.round(durationNs))) + 1n;
		if (startUnixNano < from) from = startUnixNano;
		if (end > to) to = end;
	}
	return { fromUnixNano: from, toUnixNano: to };
}
