/** Windows that hold too many traces to read, and how many a second: a page asks for nearly the same window again and again. */
import type { TimeWindow } from "../../../core/model.ts";

interface Crowd {
	condition: string;
	window: TimeWindow;
	/** null when it cannot be told. */
	perSecond: number | null;
	untilMs: number;
}

const KEPT_MS = 60_000;
const MAX_KEPT = 32;

export class Crowds {
	private kept: Crowd[] = [];

	/** Was a window that hardly differs from this one counted within the last minute? */
	has(condition: string, window: TimeWindow): boolean {
		return this.find(condition, window) !== undefined;
	}

	/** About how many traces the window holds: as counted within the last minute, else by `count`. */
	async count(condition: string, window: TimeWindow, count: () => Promise<number | null>): Promise<number | null> {
		const seconds = Number(window.toUnixNano - window.fromUnixNano) / 1e9;
		const known = this.find(condition, window);
		if (known !== undefined) return known.perSecond === null ? null : known.perSecond * seconds;
		const counted = await count();
		const perSecond = counted === null ? null : counted / seconds;
		this.kept = [...this.kept, { condition, window, perSecond, untilMs: performance.now() + KEPT_MS }].slice(-MAX_KEPT);
		return counted;
	}

	private find(condition: string, { fromUnixNano, toUnixNano }: TimeWindow): Crowd | undefined {
		const now = performance.now();
		this.kept = this.kept.filter(({ untilMs }) => untilMs > now);
		const tolerated = (toUnixNano - fromUnixNano) / 20n;
		const differs = (a: bigint, b: bigint) => (a > b ? a - b : b - a) > tolerated;
		return this.kept.find(
			({ condition: other, window }) =>
				other === condition && !differs(window.fromUnixNano, fromUnixNano) && !differs(window.toUnixNano, toUnixNano),
		);
	}
}
