/**
 * RED from the histograms that services send, asked of Prometheus in three rounds: which of the known metrics are there and what names
 * their owners; who has readings of them, and how often; what the counters grew by in each slot of time.
 */
import type { Call, RedQuery, RedSeries } from "../../../core/ports.ts";
import { RED_VARIANTS } from "./metric-names.ts";
import { MetricOwners, ownerLabels, serviceLabels } from "./metric-owners.ts";
import type { PrometheusApi, Row, Rows } from "./prometheus-api.ts";
import { firstOf, type Matcher, matchersText, oneOf } from "./promql.ts";
import { RedBins } from "./red-bins.ts";
import { countsQuery, distributionQuery, isDotted, KIND_LABEL, labelsOf, type Slot } from "./red-promql.ts";
import { groupsOf, type Question, readSources, type Source } from "./red-sources.ts";
import { cross, readTargets, type Scopes, scopesOfSeries } from "./series-scopes.ts";

const MS = 1_000_000n;
/** The readings before the window that its first growth needs. */
const BEFORE_NS = 300_000n * MS;
const NO_ROUTE = "(no route)";

export interface RedFound {
	series: RedSeries[];
	/** Why something may be missing. */
	partial: string[];
	/** PromQL to ask again by hand. */
	query: string;
}

export async function readRed(api: PrometheusApi, query: RedQuery, call: Call): Promise<RedFound> {
	const near = { fromUnixNano: query.window.fromUnixNano - BEFORE_NS, toUnixNano: query.window.toUnixNano };
	const utf8 = await api.speaksUtf8(call);
	const [names, targets] = await Promise.all([
		api.names("__name__", [anyOf(RED_VARIANTS.map(({ name }) => name))], near, { ...call, limit: 0 }),
		readTargets(api, query.window, utf8, call),
	]);
	const present = RED_VARIANTS.filter(({ name }) => names.includes(name));
	const asked = query.services === undefined ? null : new Set(query.services);
	const owners = new MetricOwners(targets, asked ?? []);
	const about: Question = {
		query,
		owners,
		ownerLabels: ownerLabels(present.some(isDotted), owners.needInstance),
		excluded: new Set(call.excludeEnvironments),
		call,
	};
	if (present.length === 0 || asked?.size === 0)
		return { series: [], partial: [], query: anyOf(RED_VARIANTS.map(({ name }) => name)) };
	const { sources, warnings, text } = await readSources(api, present, about);
	const groups = groupsOf(sources);
	const found = await Promise.allSettled(groups.map((group) => readGroup(api, group, about)));
	const series: RedSeries[] = [];
	const partial = new Set(warnings);
	const failures: unknown[] = [];
	for (const result of found) {
		if (result.status === "rejected") failures.push(result.reason);
		else {
			series.push(...result.value.series);
			for (const warning of result.value.warnings) partial.add(warning);
		}
	}
	if (failures.length > 0 && failures.length === found.length) throw failures[0];
	for (const failure of failures) partial.add(failure instanceof Error ? failure.message : String(failure));
	const first = found.find((result) => result.status === "fulfilled");
	return { series, partial: [...partial].slice(0, 5), query: first?.value.text ?? text };
}

function anyOf(names: readonly string[]): string {
	return matchersText([{ label: "__name__", op: "=~", value: oneOf(names) }]);
}

async function readGroup(
	api: PrometheusApi,
	group: readonly Source[],
	about: Question,
): Promise<{ series: RedSeries[]; warnings: string[]; text: string }> {
	const { query, call } = about;
	const { variant, intervalMs, isSteady } = group[0] as Source;
	const { fromUnixNano: from, toUnixNano: to } = query.window;
	const full = (to - from) / query.stepNs;
	const restNs = to - from - full * query.stepNs;
	const routes = labelsOf(variant, variant.profile.routeLabels);
	const labels = [...about.ownerLabels, ...(query.byRoute ? routes : [])];
	const services = scopesOfSeries(
		group.flatMap((source) => source.labels),
		labelsOf(variant, serviceLabels(true)),
	);
	const scopes = query.route === undefined ? services : cross(services, routeScopes(routes, query.route));
	const ask = async (ns: bigint, isRest: boolean, run: (text: string) => Promise<Rows>) => {
		const slot: Slot = { lengthMs: Number(ns / MS), intervalMs };
		const distribution = distributionQuery(variant, scopes, labels, slot);
		const counts = countsQuery(variant, scopes, labels, slot, isSteady);
		// A rest that is shorter than the time between two readings has no distribution of its own, unless there is nothing else.
		const texts = isRest && slot.lengthMs < intervalMs && full > 0n ? [counts] : [distribution, counts];
		return { text: distribution, found: await Promise.all(texts.map(run)) };
	};
	const first = from + query.stepNs;
	const asked = await Promise.all([
		...(full > 0n
			? [ask(query.stepNs, false, (text) => api.range(text, first, from + full * query.stepNs, query.stepNs, call))]
			: []),
		// The window's last slot is shorter when it is no whole number of steps.
		...(restNs >= MS ? [ask(restNs, true, (text) => api.query(text, to, call))] : []),
	]);
	const slots = slotsOf(query);
	const bins = new Map<string, { service: string; route: string | null; bins: RedBins }>();
	const own = new Set(group.map(({ service }) => service));
	const warnings = new Set<string>();
	for (const { found } of asked) {
		for (const { rows, warnings: said } of found) {
			for (const warning of said) warnings.add(warning);
			for (const row of rows) {
				const owner = about.owners.of(row.metric);
				if (owner === null || !own.has(owner.service) || about.excluded.has(owner.environment)) continue;
				const route = query.byRoute ? (routes.map((label) => row.metric[label]).find(Boolean) ?? NO_ROUTE) : null;
				const key = `${owner.service}\u0000${route}`;
				let entry = bins.get(key);
				if (entry === undefined) {
					entry = { service: owner.service, route, bins: new RedBins(slots.length) };
					bins.set(key, entry);
				}
				addRow(entry.bins, row, query, slots);
			}
		}
	}
	const seconds = Number(to - from) / 1e9;
	const { metric, unitMs } = variant.profile;
	const series = [...bins.values()].map(({ service, route, bins }) => ({
		service,
		route,
		source: metric,
		summary: bins.summary(seconds, unitMs),
		points: bins.points(slots, unitMs),
	}));
	return { series, warnings: [...warnings], text: asked[0]?.text ?? "" };
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

function addRow(
	bins: RedBins,
	{ metric, values, histograms }: Row,
	{ window, stepNs }: RedQuery,
	slots: readonly { seconds: number }[],
): void {
	const [fromS, stepS] = [Number(window.fromUnixNano / MS) / 1000, Number(stepNs) / 1e9];
	// A number stands at the end of its slot.
	const slotAt = (time: number) => Math.min(slots.length - 1, Math.ceil((time - fromS) / stepS - 1e-3) - 1);
	const kind = metric[KIND_LABEL];
	const bound = kind === undefined ? boundOf(metric.le ?? "") : 0;
	for (const [time, text] of values) {
		const slot = slotAt(time);
		if (kind === "calls" || kind === "errors") bins.addCount(kind, slot, Number(text));
		else bins.addBucket(bound, slot, Number(text) * (slots[slot]?.seconds ?? 0));
	}
	for (const [time, histogram] of histograms) {
		const slot = slotAt(time);
		bins.addNative(histogram, slot, slots[slot]?.seconds ?? 0);
	}
}

function boundOf(le: string): number {
	return le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le);
}
