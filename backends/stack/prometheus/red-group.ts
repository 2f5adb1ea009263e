/** RED of services that are read from one metric, equally often: what their counters grew by in each slot of time. */
import type { Call, RedQuery, RedSeries } from "../../../core/ports.ts";
import { GroupBins, NO_ROUTE } from "./group-bins.ts";
import type { RedVariant } from "./metric-names.ts";
import type { PrometheusApi, Rows } from "./prometheus-api.ts";
import { firstOf, type Matcher } from "./promql.ts";
import { countsQuery, distributionQuery, labelsOf, levelsQuery, RATE_INTERVALS, type Slot } from "./red-promql.ts";
import { hasLevels, type Question, type Source } from "./red-sources.ts";
import { cross, type Scopes, scopesOfSeries } from "./series-scopes.ts";

const MS = 1_000_000n;

export interface GroupFound {
	series: RedSeries[];
	warnings: string[];
	/** PromQL to ask again by hand. */
	text: string;
}

/** Can it be seen where counters stand at the ends of slots? Else what they grew by is the engine's to tell. */
export function isByLevels({ variant, intervalMs }: Source, query: RedQuery): boolean {
	const { window, stepNs } = query;
	const isLong = window.toUnixNano - window.fromUnixNano >= stepNs && Number(stepNs / MS) >= intervalMs;
	return hasLevels(query) && !variant.native && isLong;
}

export async function readGroup(api: PrometheusApi, group: readonly Source[], about: Question): Promise<GroupFound> {
	const asking = new GroupQuestion(api, group, about);
	const gathered = new GroupBins(group, asking.routes, about);
	const text = await (isByLevels(group[0] as Source, about.query) ? readLevels : readGrowth)(asking, gathered);
	return { series: gathered.series(), warnings: [...gathered.warnings], text };
}

async function readGrowth(asking: GroupQuestion, gathered: GroupBins): Promise<string> {
	const { full, restMs, group } = asking;
	const isSteady = group[0]?.isSteady ?? false;
	const answers = await Promise.all([
		...(full > 0 ? asking.growth(group, 0, full - 1, isSteady) : []),
		...(restMs > 0 ? [asking.rest(group, isSteady)] : []),
	]);
	for (const answer of answers) gathered.addGrowth(answer);
	return asking.distribution;
}

/** Where counters are not steady, the engine is asked about what they grew by after all. */
async function readLevels(asking: GroupQuestion, gathered: GroupBins): Promise<string> {
	const { full, restMs, group, intervalMs, stepMs } = asking;
	// A rest that is shorter than the time between two readings has its share of the growth before.
	const isShare = restMs > 0 && restMs < intervalMs;
	const shareOf = isShare ? Math.min(full, Math.ceil((RATE_INTERVALS * intervalMs) / stepMs)) : 0;
	const [levels, rest] = await Promise.all([
		asking.levels(),
		restMs > 0 && !isShare ? asking.rest(group, false) : null,
	]);
	if (rest !== null) gathered.addGrowth(rest);
	const unsteady = gathered.addLevels(levels, full, shareOf);
	if (unsteady.size === 0) return asking.levelsText;
	const again = group.filter(({ service }) => unsteady.has(service));
	const slots = [...unsteady.values()].flatMap((of) => [...of]);
	const whole = slots.filter((slot) => slot < full);
	const answers = await Promise.all([
		asking.growthOfFew(again, Math.min(...whole), Math.max(...whole)),
		...(slots.includes(full) ? [asking.rest(again, false)] : []),
	]);
	const isWanted = (service: string, slot: number) => unsteady.get(service)?.has(slot) ?? false;
	for (const answer of answers) gathered.addGrowth(answer, isWanted);
	return asking.levelsText;
}

/** What may be asked about a group, or some of it. */
class GroupQuestion {
	readonly group: readonly Source[];
	readonly routes: readonly string[];
	/** Whole slots, and the rest of the window after them. */
	readonly full: number;
	readonly restMs: number;
	readonly stepMs: number;
	readonly intervalMs: number;
	private readonly api: PrometheusApi;
	private readonly about: Question;
	private readonly call: Call;
	private readonly variant: RedVariant;
	private readonly labels: readonly string[];

	constructor(api: PrometheusApi, group: readonly Source[], about: Question) {
		const { variant, intervalMs } = group[0] as Source;
		const { window, stepNs, byRoute } = about.query;
		const length = window.toUnixNano - window.fromUnixNano;
		this.api = api;
		this.group = group;
		this.about = about;
		this.call = about.call;
		this.variant = variant;
		this.intervalMs = intervalMs;
		this.full = Number(length / stepNs);
		this.restMs = Number((length % stepNs) / MS);
		this.stepMs = Number(stepNs / MS);
		this.routes = labelsOf(variant, variant.profile.routeLabels);
		this.labels = [...about.ownerLabels, ...(byRoute ? this.routes : [])];
	}

	/** Where counters stand when the window begins and at the end of each whole slot. */
	levels(): Promise<Rows> {
		const { window, stepNs } = this.about.query;
		const last = window.fromUnixNano + BigInt(this.full) * stepNs;
		return this.api.range(this.levelsText, window.fromUnixNano, last, stepNs, this.call);
	}

	/** What they grew by in each of these slots: its distribution and its counts, which an engine finds out side by side. */
	growth(sources: readonly Source[], first: number, last: number, isSteady: boolean): Promise<Rows>[] {
		return this.growthTexts(sources, isSteady).map((text) => this.inSlots(text, first, last));
	}

	/** The same in few slots: one question is less work. */
	growthOfFew(sources: readonly Source[], first: number, last: number): Promise<Rows> {
		return this.inSlots(this.growthTexts(sources, false).join(" or "), first, last);
	}

	private growthTexts(sources: readonly Source[], isSteady: boolean): string[] {
		const scopes = this.scopes(sources);
		const slot = this.slot(this.stepMs);
		return [
			distributionQuery(this.variant, scopes, this.labels, slot),
			countsQuery(this.variant, scopes, this.labels, slot, isSteady),
		];
	}

	private inSlots(text: string, first: number, last: number): Promise<Rows> {
		const { window, stepNs } = this.about.query;
		const end = (slot: number) => window.fromUnixNano + BigInt(slot + 1) * stepNs;
		return this.api.range(text, end(first), end(last), stepNs, this.call);
	}

	/** The same of the rest. Shorter than the time between two readings it has no distribution, unless there is nothing else. */
	rest(sources: readonly Source[], isSteady: boolean): Promise<Rows> {
		const scopes = this.scopes(sources);
		const slot = this.slot(this.restMs);
		const counts = countsQuery(this.variant, scopes, this.labels, slot, isSteady);
		const isShort = this.restMs < this.intervalMs && this.full > 0;
		const text = isShort ? counts : `${distributionQuery(this.variant, scopes, this.labels, slot)} or ${counts}`;
		return this.api.query(text, this.about.query.window.toUnixNano, this.call);
	}

	get levelsText(): string {
		const labels = { owner: this.about.ownerLabels, all: this.labels };
		return levelsQuery(this.variant, this.scopes(this.group), labels, this.stepMs);
	}

	get distribution(): string {
		return distributionQuery(this.variant, this.scopes(this.group), this.labels, this.slot(this.stepMs));
	}

	private slot(lengthMs: number): Slot {
		return { lengthMs, intervalMs: this.intervalMs };
	}

	private scopes(sources: readonly Source[]): Scopes {
		const named = sources.flatMap((source) => source.labels);
		const services = scopesOfSeries(named, this.about.serviceLabels(this.variant));
		const { route } = this.about.query;
		return route === undefined ? services : cross(services, routeScopes(this.routes, route));
	}
}

function routeScopes(labels: readonly string[], route: string): Scopes {
	const none = labels.map((label): Matcher => ({ label, op: "=", value: "" }));
	return [...firstOf(labels, "=", route), ...(route === NO_ROUTE ? [none] : [])];
}
