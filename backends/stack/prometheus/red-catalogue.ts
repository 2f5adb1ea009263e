/** What every question about RED needs to know first and what changes slowly: remembered for a minute, by stretch of time. */
import type { TimeWindow } from "../../../core/model.ts";
import type { Call } from "../../../core/ports.ts";
import { Remembered } from "../remembered.ts";
import { RED_VARIANTS, type RedVariant } from "./metric-names.ts";
import { serviceLabels } from "./metric-owners.ts";
import type { PrometheusApi } from "./prometheus-api.ts";
import { type Labels, type Matcher, matchersText, oneOf } from "./promql.ts";
import type { Source } from "./red-sources.ts";
import { readTargets } from "./series-scopes.ts";

const MS = 1_000_000n;
const LIFE_MS = 60_000;
/** Where it knows nothing of a service, it is read again, but so much later at the earliest. */
const RENEW_AFTER_MS = 1_000;
/** Stretches of time remembered at once, and services of each. */
const MAX_STRETCHES = 64;
const MAX_SOURCES = 2_000;
/** Windows that begin and end in the same ones share what is remembered. */
const STRETCH_NS = 1_800_000n * MS;
/** The readings before the window that its first growth needs. */
const BEFORE_NS = 300_000n * MS;

const anyOfThem: Matcher = { label: "__name__", op: "=~", value: oneOf(RED_VARIANTS.map(({ name }) => name)) };
export const ANY_RED_METRIC = matchersText([anyOfThem]);

/** Of a stretch of time that holds the window asked about; what it holds beyond that costs time, but changes no answer. */
export interface RedCatalogue {
	present: readonly RedVariant[];
	/** Labels that some RED metric has; null when the engine does not tell. */
	labels: ReadonlySet<string> | null;
	/** Jobs of RED metrics' series that no label names the service of; null when the engine does not tell. */
	unnamedJobs: readonly string[] | null;
	/** Labels of every `target_info`. */
	targets: readonly Labels[];
	/** What services' RED was read from last: what may be tried while it is looked up. */
	sources: Map<string, Source>;
	readAtMs: number;
}

export class RedCatalogues {
	private readonly api: PrometheusApi;
	private readonly known = new Remembered<RedCatalogue>({ lifeMs: LIFE_MS, most: MAX_STRETCHES });

	constructor(api: PrometheusApi) {
		this.api = api;
	}

	async of(window: TimeWindow, call: Call): Promise<RedCatalogue> {
		const stretch = around(window);
		const key = `${stretch.fromUnixNano} ${stretch.toUnixNano}`;
		// Whoever asks meanwhile waits for the same: it does not end when the first one goes.
		const { signal: _, ...rest } = call;
		const found = await this.known.get(key, () => read(this.api, stretch, { ...rest, deadlineMs: call.deadlineMs }));
		// A first metric is looked for again at once.
		if (found.present.length === 0) this.known.forget(key);
		return found;
	}

	/** The same, read anew; null when it was read just now. */
	async renewed(old: RedCatalogue, window: TimeWindow, call: Call): Promise<RedCatalogue | null> {
		if (performance.now() - old.readAtMs < RENEW_AFTER_MS) return null;
		const { fromUnixNano, toUnixNano } = around(window);
		const known = await this.of(window, call);
		if (known === old) this.known.forget(`${fromUnixNano} ${toUnixNano}`);
		return this.of(window, call);
	}
}

/** Keeps what was found for those who ask about the same services soon. */
export function rememberSources(catalogue: RedCatalogue, sources: readonly Source[]): void {
	const { sources: known } = catalogue;
	for (const source of sources) {
		known.delete(source.service);
		known.set(source.service, source);
	}
	for (const oldest of known.keys()) {
		if (known.size <= MAX_SOURCES) break;
		known.delete(oldest);
	}
}

/** Do both say the same, so that questions asked with one need not be asked with the other? */
export function sameCatalogue(a: RedCatalogue, b: RedCatalogue): boolean {
	const facts = ({ present, labels, unnamedJobs, targets }: RedCatalogue) =>
		JSON.stringify([
			present.map(({ name }) => name),
			labels && [...labels].sort(),
			unnamedJobs,
			targets.map((one) => JSON.stringify(Object.entries(one).sort())).sort(),
		]);
	return facts(a) === facts(b);
}

function around({ fromUnixNano, toUnixNano }: TimeWindow): TimeWindow {
	const from = ((fromUnixNano - BEFORE_NS) / STRETCH_NS) * STRETCH_NS;
	return { fromUnixNano: from, toUnixNano: ((toUnixNano + STRETCH_NS - 1n) / STRETCH_NS) * STRETCH_NS };
}

async function read(api: PrometheusApi, stretch: TimeWindow, call: Call): Promise<RedCatalogue> {
	const utf8 = await api.speaksUtf8(call);
	const all: Call = { ...call, deadlineMs: call.deadlineMs, limit: 0 };
	const readAtMs = performance.now();
	const unnamed = serviceLabels(utf8).map((label): Matcher => ({ label, op: "=", value: "" }));
	const [names, labels, unnamedJobs, targets] = await Promise.all([
		api.names("__name__", [ANY_RED_METRIC], stretch, all),
		// Only to ask for less: without it every label and job is asked for.
		api.names(null, [ANY_RED_METRIC], stretch, all).catch(() => null),
		api.names("job", [matchersText([anyOfThem, ...unnamed])], stretch, all).catch(() => null),
		readTargets(api, stretch, utf8, call),
	]);
	return {
		present: RED_VARIANTS.filter(({ name }) => names.includes(name)),
		labels: labels && new Set(labels),
		unnamedJobs,
		targets,
		sources: new Map(),
		readAtMs,
	};
}
