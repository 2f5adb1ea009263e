/** Numbers of one group of services, as they come in, by service, route and slot of time. */
import type { RedQuery, RedSeries } from "../../../core/ports.ts";
import type { Row, Rows } from "./prometheus-api.ts";
import { RedBins } from "./red-bins.ts";
import { KIND_LABEL } from "./red-promql.ts";
import type { Question, Source } from "./red-sources.ts";

const MS = 1_000_000n;
export const NO_ROUTE = "(no route)";

/** By service. */
export type UnsteadySlots = ReadonlyMap<string, ReadonlySet<number>>;

/** A row of a service of the group, and where its numbers go. */
interface Owned {
	row: Row;
	service: string;
	bins: RedBins;
}

/** What came in of each service and route. */
export class GroupBins {
	readonly warnings = new Set<string>();
	private readonly bins = new Map<string, { service: string; route: string | null; bins: RedBins }>();
	private readonly slots: { startNs: bigint; seconds: number }[];
	private readonly own: ReadonlySet<string>;
	private readonly group: readonly Source[];
	private readonly routes: readonly string[];
	private readonly about: Question;

	constructor(group: readonly Source[], routes: readonly string[], about: Question) {
		this.group = group;
		this.routes = routes;
		this.about = about;
		this.own = new Set(group.map(({ service }) => service));
		this.slots = slotsOf(about.query);
	}

	/** Of slots that end at the times of the numbers. */
	addGrowth(found: Rows, isWanted: (service: string, slot: number) => boolean = () => true): void {
		for (const { row, service, bins } of this.owned(found)) {
			const kind = row.metric[KIND_LABEL];
			const bound = kind === undefined ? boundOf(row.metric.le ?? "") : 0;
			for (const [time, text] of row.values) {
				const slot = this.slotAt(time);
				if (!isWanted(service, slot)) continue;
				if (kind === "calls" || kind === "errors") bins.addCount(kind, slot, Number(text));
				else bins.addBucket(bound, slot, Number(text) * (this.slots[slot]?.seconds ?? 0));
			}
			for (const [time, histogram] of row.histograms) {
				const slot = this.slotAt(time);
				if (isWanted(service, slot)) bins.addNative(histogram, slot, this.slots[slot]?.seconds ?? 0);
			}
		}
	}

	/**
	 * Of the first so many slots, from where counters stand at the ends of each; of a short slot after them its share of what they grew by in
	 * the last `shareOf` of these, unless that is 0. Gives the slots that have to be asked about otherwise.
	 */
	addLevels(found: Rows, full: number, shareOf: number): UnsteadySlots {
		const rows = [...this.owned(found)];
		const unsteady = this.unsteadyIn(rows, full, shareOf);
		const [step, rest] = [this.slots[0]?.seconds ?? 1, this.slots[full]?.seconds ?? 0];
		for (const { row, service, bins } of rows) {
			const kind = row.metric[KIND_LABEL];
			if (kind === "unsteady") continue;
			const bound = boundOf(row.metric.le ?? "");
			const add = (slot: number, grown: number) => {
				if (unsteady.get(service)?.has(slot)) return;
				if (kind === "errors") bins.addCount("errors", slot, grown);
				else {
					if (slot < full) bins.addBucket(bound, slot, grown);
					if (bound === Number.POSITIVE_INFINITY) bins.addCount("calls", slot, grown);
				}
			};
			const levels = new Array<number>(full + 1).fill(0);
			for (const [time, text] of row.values) levels[this.slotAt(time) + 1] = Number(text);
			let lately = 0;
			for (let slot = 0; slot < full; slot++) {
				// Without a reading in sight there is no growth; what only vanishes is not negative growth.
				const grown = Math.max(0, levels[slot + 1]! - levels[slot]!);
				add(slot, grown);
				if (slot >= full - shareOf) lately += grown;
			}
			if (shareOf > 0) add(full, (lately / (shareOf * step)) * rest);
		}
		return unsteady;
	}

	/** Slots in which counters restarted, vanished or appeared with their instance: not those at whose end the service has none at all. */
	private unsteadyIn(rows: readonly Owned[], full: number, shareOf: number): UnsteadySlots {
		const there = new Map<string, Set<number>>();
		for (const { row, service } of rows) {
			if (row.metric.le === undefined) continue;
			const slots = there.get(service) ?? new Set();
			for (const [time] of row.values) slots.add(this.slotAt(time));
			there.set(service, slots);
		}
		const unsteady = new Map<string, Set<number>>();
		for (const { row, service } of rows) {
			if (row.metric[KIND_LABEL] !== "unsteady") continue;
			for (const [time] of row.values) {
				const slot = this.slotAt(time);
				// The first number is where counters stood when the window began.
				if (slot < 0 || !there.get(service)?.has(slot)) continue;
				const slots = unsteady.get(service) ?? new Set();
				unsteady.set(service, slots.add(slot));
				if (shareOf > 0 && slot >= full - shareOf) slots.add(full);
			}
		}
		return unsteady;
	}

	series(): RedSeries[] {
		const { fromUnixNano, toUnixNano } = this.about.query.window;
		const seconds = Number(toUnixNano - fromUnixNano) / 1e9;
		const { metric, unitMs } = (this.group[0] as Source).variant.profile;
		return [...this.bins.values()].map(({ service, route, bins }) => ({
			service,
			route,
			source: metric,
			summary: bins.summary(seconds, unitMs),
			points: bins.points(this.slots, unitMs),
		}));
	}

	/** Rows of the group's services with where their numbers go. */
	private *owned({ rows, warnings }: Rows): Generator<Owned> {
		const { owners, excluded, query } = this.about;
		for (const warning of warnings) this.warnings.add(warning);
		for (const row of rows) {
			const owner = owners.of(row.metric);
			if (owner === null || !this.own.has(owner.service) || excluded.has(owner.environment)) continue;
			const { service } = owner;
			const isNumbers = row.metric[KIND_LABEL] !== "unsteady";
			const route = query.byRoute ? (this.routes.map((label) => row.metric[label]).find(Boolean) ?? NO_ROUTE) : null;
			const key = `${service}\u0000${route}`;
			const entry = this.bins.get(key) ?? { service, route, bins: new RedBins(this.slots.length) };
			if (isNumbers) this.bins.set(key, entry);
			yield { row, service, bins: entry.bins };
		}
	}

	/** A number stands at the end of its slot; -1 is when the first one begins. */
	private slotAt(time: number): number {
		const { window, stepNs } = this.about.query;
		const [fromS, stepS] = [Number(window.fromUnixNano / MS) / 1000, Number(stepNs) / 1e9];
		return Math.min(this.slots.length - 1, Math.ceil((time - fromS) / stepS - 1e-3) - 1);
	}
}

function slotsOf({ window, stepNs }: RedQuery): { startNs: bigint; seconds: number }[] {
	const slots: { startNs: bigint; seconds: number }[] = [];
	for (let start = window.fromUnixNano; start < window.toUnixNano; start += stepNs) {
		const end = start + stepNs < window.toUnixNano ? start + stepNs : window.toUnixNano;
		slots.push({ startNs: start, seconds: Number(end - start) / 1e9 });
	}
	return slots;
}

function boundOf(le: string): number {
	return le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le);
}
