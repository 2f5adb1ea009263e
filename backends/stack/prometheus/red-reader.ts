/**
 * RED from the histograms that services send, asked of Prometheus in one round when the same was asked of late: who has readings, and how
 * often, is looked up while the numbers are asked for on the understanding that it is as it was. Whose turns out to be otherwise are asked
 * for again. Without such an understanding the numbers wait for the look-up.
 */
import type { Call, RedQuery, RedSeries } from "../../../core/ports.ts";
import { MetricOwners, ownerLabels, serviceLabels } from "./metric-owners.ts";
import type { PrometheusApi } from "./prometheus-api.ts";
import {
	ANY_RED_METRIC,
	type RedCatalogue,
	type RedCatalogues,
	rememberSources,
	sameCatalogue,
} from "./red-catalogue.ts";
import { type GroupFound, isByLevels, readGroup } from "./red-group.ts";
import { isDotted, labelsOf } from "./red-promql.ts";
import { groupsOf, type Question, readSources, type Source } from "./red-sources.ts";
import { scopesOfSeries } from "./series-scopes.ts";

export interface RedFound {
	series: RedSeries[];
	/** Why something may be missing. */
	partial: string[];
	/** PromQL to ask again by hand. */
	query: string;
}

export async function readRed(
	api: PrometheusApi,
	catalogues: RedCatalogues,
	query: RedQuery,
	call: Call,
): Promise<RedFound> {
	if (query.services?.length === 0) return { series: [], partial: [], query: ANY_RED_METRIC };
	const catalogue = await catalogues.of(query.window, call);
	const found = await readWith(api, catalogue, query, call);
	const isWhole = query.services?.every((service) => catalogue.sources.has(service)) ?? true;
	if (isWhole) return found;
	// A service may have come since, in a way that nothing was stored in before.
	const renewed = await catalogues.renewed(catalogue, query.window, call);
	if (renewed === null || sameCatalogue(renewed, catalogue)) return found;
	return readWith(api, renewed, query, call);
}

async function readWith(api: PrometheusApi, catalogue: RedCatalogue, query: RedQuery, call: Call): Promise<RedFound> {
	const { present } = catalogue;
	if (present.length === 0) return { series: [], partial: [], query: ANY_RED_METRIC };
	const about = questionOf(catalogue, query, call);
	const expected = (query.services ?? []).flatMap((service) => catalogue.sources.get(service) ?? []);
	const read = (sources: readonly Source[]) =>
		Promise.all(
			groupsOf(sources).map(async (group): Promise<GroupAnswer> => {
				try {
					return { group, found: await readGroup(api, group, about) };
				} catch (failure) {
					return { group, failure };
				}
			}),
		);
	const [{ sources, warnings, text }, early] = await Promise.all([readSources(api, present, about), read(expected)]);
	const before = new Map(expected.map((source) => [source.service, source]));
	const isAsExpected = (source: Source) => stillHolds(before.get(source.service), source, about);
	rememberSources(
		catalogue,
		sources.filter((source) => !isAsExpected(source)),
	);
	const late = await read(sources.filter((source) => !isAsExpected(source)));
	const kept = new Set(sources.filter(isAsExpected).map(({ service }) => service));
	return foundIn([...early.flatMap((found) => only(found, kept)), ...late], warnings, text);
}

/** Are numbers right that were asked for in the belief that `before` holds, when it is `now`? */
function stillHolds(before: Source | undefined, now: Source, about: Question): boolean {
	if (before === undefined) return false;
	const facts = ({ variant, isSteady, labels }: Source) =>
		JSON.stringify([variant.name, isSteady, scopesOfSeries(labels, about.serviceLabels(variant))]);
	if (facts(before) !== facts(now)) return false;
	if (before.intervalMs === now.intervalMs) return true;
	// A window with fewer readings than others makes the time between them seem longer than it is.
	return before.intervalMs < now.intervalMs && isByLevels(before, about.query) && isByLevels(now, about.query);
}

type GroupAnswer = { group: readonly Source[] } & ({ found: GroupFound } | { failure: unknown });

/** What it says of these services; nothing when it is about none of them. */
function only(answer: GroupAnswer, services: ReadonlySet<string>): GroupAnswer[] {
	if (!answer.group.some(({ service }) => services.has(service))) return [];
	if ("failure" in answer) return [answer];
	const series = answer.found.series.filter(({ service }) => services.has(service));
	return [{ ...answer, found: { ...answer.found, series } }];
}

/** Throws what went wrong when nothing went right. */
function foundIn(answers: readonly GroupAnswer[], warnings: readonly string[], text: string): RedFound {
	const series: RedSeries[] = [];
	const partial = new Set(warnings);
	const failures: unknown[] = [];
	let first: string | null = null;
	for (const answer of answers) {
		if ("failure" in answer) failures.push(answer.failure);
		else {
			series.push(...answer.found.series);
			for (const warning of answer.found.warnings) partial.add(warning);
			first ??= answer.found.text;
		}
	}
	if (failures.length > 0 && first === null) throw failures[0];
	for (const failure of failures) partial.add(failure instanceof Error ? failure.message : String(failure));
	return { series, partial: [...partial].slice(0, 5), query: first ?? text };
}

function questionOf({ present, labels, targets, unnamedJobs }: RedCatalogue, query: RedQuery, call: Call): Question {
	const owners = new MetricOwners(targets, query.services ?? []);
	const isThere = (label: string) => labels === null || labels.has(label);
	return {
		query,
		owners,
		ownerLabels: ownerLabels(present.some(isDotted), owners.needInstance).filter(isThere),
		serviceLabels: (variant) => labelsOf(variant, serviceLabels(true)).filter(isThere),
		unnamedJobs,
		excluded: new Set(call.excludeEnvironments),
		call,
	};
}
