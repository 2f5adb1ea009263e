/** RED of services that are read from one metric, equally often: what their counters grew by in each slot of time. */
import type { RedQuery, RedSeries } from "../../../core/ports.ts";
import type { PrometheusApi, Row, Rows } from "./prometheus-api.ts";
import { firstOf, type Matcher } from "./promql.ts";
import { RedBins } from "./red-bins.ts";
import { countsQuery, distributionQuery, KIND_LABEL, labelsOf, levelsQuery, type Slot } from "./red-promql.ts";
import { hasLevels, type Question, type Source } from "./red-sources.ts";
import { cross, type Scopes, scopesOfSeries } from "./series-scopes.ts";

const MS = 1_000_000n;
const NO_ROUTE = "(no route)";

export interface GroupFound {
	series: RedSeries[];
	warnings: string[];
	/** PromQL to ask again by hand. */
	text: string;
}

export async function readGroup(api: PrometheusApi, group: readonly Source[], about: Question): Promise<GroupFound> {
	const { query, call } = about;
	const { variant, intervalMs, isSteady } = group[0] as Source;
	const { fromUnixNano: from, toUnixNano: to } = query.window;
	const { stepNs } = query;
	const full = (to - from) / stepNs;
	const restNs = to - from - full * stepNs;
	const routes = labelsOf(variant, variant.profile.routeLabels);
	const labels = [...about.ownerLabels, ...(query.byRoute ? routes : [])];
	const byLevels = hasLevels(query) && !variant.native && Number(stepNs / MS) >= intervalMs && full > 0n;
	const gathered = new GroupBins(group, routes, about);
	const scopesOf = (sources: readonly Source[]) => {
		const services = scopesOfSeries(
			sources.flatMap((source) => source.labels),
			about.serviceLabels(variant),
		);
		return query.route === undefined ? services : cross(services, routeScopes(routes, query.route));
	};
	const scopes = scopesOf(group);

	/** The growth in each of these slots, as far as the engine can tell it of any counter. */
	const growth = async (of: Scopes, [first, last]: readonly [bigint, bigint], isSteady: boolean) => {
		const slot: Slot = { lengthMs: Number(stepNs / MS), intervalMs };
		const texts = [distributionQuery(variant, of, labels, slot), countsQuery(variant, of, labels, slot, isSteady)];
		const ends = [from + (first + 1n) * stepNs, from + (last + 1n) * stepNs] as const;
		return Promise.all(texts.map((text) => api.range(text, ...ends, stepNs, call)));
	};
	/** Of the window's last slot, which is shorter when it is no whole number of steps. */
	const restGrowth = async () => {
		const slot: Slot = { lengthMs: Number(restNs / MS), intervalMs };
		const counts = countsQuery(variant, scopes, labels, slot, isSteady);
		// A rest that is shorter than the time between two readings has no distribution of its own, unless there is nothing else.
		const isShort = slot.lengthMs < intervalMs && full > 0n;
		const text = isShort ? counts : `${distributionQuery(variant, scopes, labels, slot)} or ${counts}`;
		return api.query(text, to, call);
	};
	const levels = levelsQuery(variant, scopes, { owner: about.ownerLabels, all: labels }, Number(stepNs / MS));
	const [standing, whole, rest] = await Promise.all([
		byLevels ? api.range(levels, from, from + full * stepNs, stepNs, call) : null,
		!byLevels && full > 0n ? growth(scopes, [0n, full - 1n], isSteady) : [],
		restNs >= MS ? restGrowth() : null,
	]);
	for (const found of [...whole, ...(rest ? [rest] : [])]) gathered.addGrowth(found);
	if (standing !== null) {
		const unsteady = gathered.addLevels(standing, Number(full));
		const slots = [...unsteady.values()].flatMap((of) => [...of]);
		if (slots.length > 0) {
			const span = [BigInt(Math.min(...slots)), BigInt(Math.max(...slots))] as const;
			const again = scopesOf(group.filter(({ service }) => unsteady.has(service)));
			for (const found of await growth(again, span, false)) {
				gathered.addGrowth(found, (service, slot) => unsteady.get(service)?.has(slot) ?? false);
			}
		}
	}
	const text = byLevels
		? levels
		: distributionQuery(variant, scopes, labels, { lengthMs: Number(stepNs / MS), intervalMs });
	return { series: gathered.series(), warnings: [...gathered.warnings], text };
}

/** What came in of each service and route. */
class GroupBins {
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

	/** Of the first so many slots, from where counters stand at the ends of each. Gives the slots that have to be asked about otherwise. */
	addLevels(found: Rows, full: number): Map<string, Set<number>> {
		const unsteady = new Map<string, Set<number>>();
		const rows = [...this.owned(found)];
		for (const { row, service } of rows) {
			if (row.metric[KIND_LABEL] !== "unsteady") continue;
			const slots = unsteady.get(service) ?? new Set();
			// The first number is where counters stood when the window began.
			for (const [time] of row.values) if (this.slotAt(time) >= 0) slots.add(this.slotAt(time));
			if (slots.size > 0) unsteady.set(service, slots);
		}
		for (const { row, service, bins } of rows) {
			const kind = row.metric[KIND_LABEL];
			if (kind === "unsteady") continue;
			const bound = boundOf(row.metric.le ?? "");
			const levels = new Array<number>(full + 1).fill(0);
			for (const [time, text] of row.values) levels[this.slotAt(time) + 1] = Number(text);
			for (let slot = 0; slot < full; slot++) {
				if (unsteady.get(service)?.has(slot)) continue;
				const grown = Math.max(0, levels[slot + 1]! - levels[slot]!);
				if (kind === "errors") bins.addCount("errors", slot, grown);
				else {
					bins.addBucket(bound, slot, grown);
					if (bound === Number.POSITIVE_INFINITY) bins.addCount("calls", slot, grown);
				}
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
	private *owned({ rows, warnings }: Rows): Generator<{ row: Row; service: string; bins: RedBins }> {
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

function routeScopes(labels: readonly string[], route: string): Scopes {
	const none = labels.map((label): Matcher => ({ label, op: "=", value: "" }));
	return [...firstOf(labels, "=", route), ...(route === NO_ROUTE ? [none] : [])];
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
