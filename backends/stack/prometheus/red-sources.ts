/** What each service's RED is read from: the first of the known metrics that has readings of it, and how often it is read. */
import type { Call, RedQuery } from "../../../core/ports.ts";
import type { RedVariant } from "./metric-names.ts";
import type { MetricOwners } from "./metric-owners.ts";
import type { PrometheusApi } from "./prometheus-api.ts";
import type { Labels } from "./promql.ts";
import { ANY_RED_METRIC } from "./red-catalogue.ts";
import { BEFORE_MS, KIND_LABEL, readingsQuery } from "./red-promql.ts";
import { scopesOfServices } from "./series-scopes.ts";

const MS = 1_000_000n;
/** Parts of the window in which readings are counted, and the shortest such part: exporters send every minute or oftener. */
const MAX_PARTS = 6;
const PART_NS = 300_000n * MS;
/**
 * Usual intervals of scraping and exporting. What lies between is taken for the longer, unless it is hardly more than the shorter: parts
 * are no whole number of intervals.
 */
const INTERVALS_S = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300];
const HARDLY_MORE = 1.05;
/** An engine works on one query with one processor: many services are asked about in several queries at once. */
const SERVICES_PER_QUERY = 25;
const MAX_QUERIES = 16;
const VARIANT_LABEL = "trivet_variant";

/** What one service's RED is read from. */
export interface Source {
	service: string;
	variant: RedVariant;
	intervalMs: number;
	/** No counter of it restarted or appeared. Where levels tell it of each slot it is not asked before, and false. */
	isSteady: boolean;
	/** Labels of its series that name it. */
	labels: Labels[];
}

/** What everything else about one question needs. */
export interface Question {
	query: RedQuery;
	owners: MetricOwners;
	/** Labels that tell owners apart. */
	ownerLabels: string[];
	/** Labels that may name the service of the metric's series. */
	serviceLabels(variant: RedVariant): string[];
	/** Jobs of series that no label names the service of; null when not known. */
	unnamedJobs: readonly string[] | null;
	/** Environments left out. */
	excluded: ReadonlySet<string>;
	call: Call;
}

/** Who has readings of which metric: of each service the first. */
export async function readSources(
	api: PrometheusApi,
	present: readonly RedVariant[],
	about: Question,
): Promise<{ sources: Source[]; warnings: string[]; text: string }> {
	const { query, owners, call, excluded } = about;
	const { fromUnixNano: from, toUnixNano: to } = query.window;
	const length = to - from;
	const parts = length / PART_NS > BigInt(MAX_PARTS) ? BigInt(MAX_PARTS) : length / PART_NS || 1n;
	const partNs = length / parts > PART_NS ? length / parts : PART_NS;
	const partMs = Number(partNs / MS);
	const text = present
		.flatMap((variant, at) => {
			const names = about.serviceLabels(variant);
			const scopes =
				query.services === undefined ? [[]] : scopesOfServices(query.services, owners, names, about.unnamedJobs);
			if (scopes.length === 0) return [];
			const readings = readingsQuery(variant, scopes, about.ownerLabels, partMs, !hasLevels(query));
			return [`label_replace(${readings}, "${VARIANT_LABEL}", "${at}", "", "")`];
		})
		.join(" or ");
	if (text === "") return { sources: [], warnings: [], text: ANY_RED_METRIC };
	const { rows, warnings } = await api.range(text, to - (parts - 1n) * partNs, to, partNs, call);
	const sources = new Map<string, Source & { rank: number }>();
	for (const { metric, values } of rows) {
		const owner = owners.of(metric);
		const rank = Number(metric[VARIANT_LABEL]);
		const variant = present[rank];
		if (owner === null || variant === undefined || !isWanted(about, owner.service) || excluded.has(owner.environment))
			continue;
		const known = sources.get(owner.service);
		const source =
			known && known.rank <= rank ? known : { ...noSource(owner.service, variant, !hasLevels(query)), rank };
		sources.set(owner.service, source);
		if (rank !== source.rank) continue;
		source.labels.push(metric);
		if (metric[KIND_LABEL] === "unsteady") source.isSteady = false;
		else {
			const readings = values.reduce((most, [, value]) => Math.max(most, Number(value)), 1);
			source.intervalMs = Math.max(source.intervalMs, usualInterval(partMs / 1000 / readings) * 1000);
		}
	}
	return { sources: [...sources.values()], warnings, text };
}

/** Are slots so short that what a counter grew by in one is seen at its ends? */
export const hasLevels = ({ stepNs }: RedQuery): boolean => stepNs <= BigInt(BEFORE_MS) * MS;

const isWanted = ({ query }: Question, service: string): boolean => query.services?.includes(service) ?? true;

function noSource(service: string, variant: RedVariant, isSteady: boolean): Source {
	return { service, variant, intervalMs: 0, isSteady, labels: [] };
}

function usualInterval(seconds: number): number {
	return INTERVALS_S.find((usual) => seconds <= usual * HARDLY_MORE) ?? INTERVALS_S.at(-1)!;
}

/** Services that are asked about together: of one metric, read equally often, equally steady. */
export function groupsOf(sources: readonly Source[]): Source[][] {
	const together = new Map<string, Source[]>();
	for (const source of sources) {
		const key = `${source.variant.name} ${source.intervalMs} ${source.isSteady}`;
		const group = together.get(key);
		if (group) group.push(source);
		else together.set(key, [source]);
	}
	const size = Math.max(SERVICES_PER_QUERY, Math.ceil(sources.length / MAX_QUERIES));
	return [...together.values()].flatMap((group) =>
		Array.from({ length: Math.ceil(group.length / size) }, (_, i) => group.slice(i * size, (i + 1) * size)),
	);
}
