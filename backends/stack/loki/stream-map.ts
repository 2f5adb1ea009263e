/**
 * Which streams there are, by stretches of 30 days. Loki answers only about streams that some label names, and which labels people use is
 * theirs to say: `service_name` with Loki's own discovery, else `app`, `job`, whatever their shipper sets. Selectors are found so that every
 * stream falls under exactly one.
 */
import { z } from "zod";
import type { TimeWindow } from "../../../core/model.ts";
import { type Call, InvalidInput } from "../../../core/ports.ts";
import type { Engine } from "../engine.ts";
import type { StreamShape } from "./filter-logql.ts";
import { SERVICE_LABELS } from "./log-records.ts";

/** Streams that one selector reads. */
export interface Partition extends StreamShape {
	/** Matchers without braces: `service_name="", job=~".+"`. */
	matchers: string;
	/** The label that all of them have. */
	label: string;
}

const DAY = 86_400_000_000_000n;
/** Loki refuses to look at more than 30 days and an hour at once. */
export const STRETCH_NS = 30n * DAY;
const MAX_PARTITIONS = 8;
/** Labels that streams are looked for by when the first one does not hold them all. */
const MAX_LABELS = 40;
const MAX_KEPT = 512;
const FRESH_MS = 10_000;
/** Stretches that ended days ago change only by imports. */
const OLD_FRESH_MS = 300_000;
const FAMILIES_FRESH_MS = 60_000;

const labelsSchema = z.object({ data: z.array(z.string()).optional() });
const seriesSchema = z.object({ data: z.array(z.record(z.string(), z.string())).optional() });

const point = z.tuple([z.number(), z.string()]);
const volumeSchema = z.object({
	data: z.object({ result: z.array(z.object({ value: point.optional(), values: z.array(point).optional() })) }),
});

export class StreamMap {
	private readonly engine: Engine;
	private readonly known = new Map<bigint, { readAt: number; partitions: Promise<Partition[]> }>();

	private readonly knownDays = new Map<bigint, { readAt: number; days: TimeWindow[] }>();

	private readonly knownHeld = new Map<string, { readAt: number; held: boolean }>();
	private knownFamilies: { names: ReadonlySet<string>; chosen: string[]; readAt: number } | null = null;

	constructor(engine: Engine) {
		this.engine = engine;
	}

	/** Empty when nothing was logged in the stretch (number of 30 days since the epoch). */
	partitions(stretch: bigint, call: Call): Promise<Partition[]> {
		const now = Date.now();
		const known = this.known.get(stretch);
		const ended = hasEnded(stretch);
		if (known && now - known.readAt < freshMs(stretch)) return known.partitions;
		const partitions = this.read(stretch, call);
		if (this.known.size >= MAX_KEPT) this.known.clear();
		const entry = { readAt: now, partitions };
		this.known.set(stretch, entry);
		const forget = (): void => {
			if (this.known.get(stretch) === entry) this.known.delete(stretch);
		};
		// What failed is asked again; so is a young stretch that is still empty.
		partitions.then((found) => found.length === 0 && !ended && forget(), forget);
		return partitions;
	}

	/**
	 * The days of a stretch on which anything was logged, joined where they touch, the newest first. Loki cuts what it is asked into
	 * hours (`split_queries_by_interval`), empty ones too: a month costs 720 questions, knowing its days costs 30 small ones.
	 */
	async days(stretch: bigint, call: Call): Promise<TimeWindow[]> {
		const known = this.knownDays.get(stretch);
		if (known && Date.now() - known.readAt < freshMs(stretch)) return known.days;
		const days = await this.readDays(stretch, call);
		if (this.knownDays.size >= MAX_KEPT) this.knownDays.clear();
		this.knownDays.set(stretch, { readAt: Date.now(), days });
		return days;
	}

	/**
	 * Was anything logged in the window, which lies some way back? null when Loki does not say (`max_query_length`, no volumes), or its
	 * labels are not known yet. Loki counts day by day, so five years take a while: what it said is believed for five minutes.
	 */
	async holdsAnything(window: TimeWindow, call: Call): Promise<boolean | null> {
		const key = `${window.fromUnixNano}-${window.toUnixNano}`;
		const known = this.knownHeld.get(key);
		if (known && Date.now() - known.readAt < OLD_FRESH_MS) return known.held;
		const held = await this.readHeld(window, call);
		if (this.knownHeld.size >= MAX_KEPT) this.knownHeld.clear();
		if (held !== null) this.knownHeld.set(key, { readAt: Date.now(), held });
		return held;
	}

	private async readHeld(window: TimeWindow, call: Call): Promise<boolean | null> {
		if (this.knownFamilies === null) return null;
		for (const { matchers, label } of partitionsOf(this.knownFamilies.chosen, [])) {
			const params = {
				query: `{${matchers}}`,
				start: String(window.fromUnixNano),
				end: String(window.toUnixNano - 1n),
				limit: "1",
				targetLabels: label,
				aggregateBy: "labels",
			};
			try {
				const answer = await this.engine.json(volumeSchema, { path: "/loki/api/v1/index/volume", params }, call);
				if (answer === null) return null;
				if (answer.data.result.length > 0) return true;
			} catch (error) {
				if (error instanceof InvalidInput) return null;
				throw error;
			}
		}
		return false;
	}

	private async readDays(stretch: bigint, call: Call): Promise<TimeWindow[]> {
		if (hasEnded(stretch) && (await this.holdsAnything(stretchWindow(stretch), call)) === false) return [];
		if ((await this.partitions(stretch, call)).length === 0) return [];
		const logged = await this.loggedDays(stretch, call);
		const { fromUnixNano, toUnixNano } = stretchWindow(stretch);
		const all: TimeWindow[] = [];
		for (let to = toUnixNano; to > fromUnixNano; to -= DAY) all.push({ fromUnixNano: to - DAY, toUnixNano: to });
		// What is logged from now on counts as well, so that the answer can be kept.
		const recent = BigInt(Date.now()) * 1_000_000n - DAY;
		const days: TimeWindow[] = [];
		for (const day of all) {
			const last = days.at(-1);
			if (!(logged?.has(day.fromUnixNano) ?? true) && day.toUnixNano <= recent) continue;
			if (last?.fromUnixNano === day.toUnixNano) last.fromUnixNano = day.fromUnixNano;
			else days.push(day);
		}
		return days;
	}

	/**
	 * Starts of the days that hold anything, in memory or stored; null when Loki does not say. (Its labels know no time for what is in
	 * memory, its index statistics nothing of it.)
	 */
	private async loggedDays(stretch: bigint, call: Call): Promise<Set<bigint> | null> {
		const { fromUnixNano, toUnixNano } = stretchWindow(stretch);
		const partitions = await this.partitions(stretch, call);
		const days = new Set<bigint>();
		for (const partition of partitions) {
			const params = {
				query: selector(partition),
				start: String(fromUnixNano),
				end: String(toUnixNano - 1n),
				step: "24h",
				limit: "1",
				// One sum for all: of several Loki would give the largest only.
				targetLabels: partition.label,
				aggregateBy: "labels",
			};
			try {
				const answer = await this.engine.json(volumeSchema, { path: "/loki/api/v1/index/volume_range", params }, call);
				if (answer === null) return null;
				for (const { value, values } of answer.data.result) {
					for (const [seconds] of values ?? (value ? [value] : [])) {
						// The end of the day, less a millisecond.
						days.add(((BigInt(Math.floor(seconds)) * 1_000_000_000n) / DAY) * DAY);
					}
				}
			} catch (error) {
				if (error instanceof InvalidInput) return null;
				throw error;
			}
		}
		return days;
	}

	private async labels(window: TimeWindow, call: Call): Promise<string[]> {
		const params = { start: String(window.fromUnixNano), end: String(window.toUnixNano) };
		const answer = await this.engine.json(labelsSchema, { path: "/loki/api/v1/labels", params }, call);
		return (answer?.data ?? []).filter((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !name.startsWith("__"));
	}

	private async read(stretch: bigint, call: Call): Promise<Partition[]> {
		const window = stretchWindow(stretch);
		const times = { start: String(window.fromUnixNano), end: String(window.toUnixNano) };
		// Shared with others who ask the same meanwhile: one who leaves does not take it away from them.
		const own: Call = { ...call };
		delete own.signal;
		const names = await this.labels(window, own);
		if (names.length === 0) return [];
		const chosen = (await this.families(names, times, own)).filter((name) => names.includes(name));
		return partitionsOf(chosen, names);
	}

	/**
	 * Labels of which every stream has one. Looking for streams without the usual one is slow, so what was found is kept for as long as
	 * it names labels of the stretch: people do not change their labels every month.
	 */
	private async families(names: readonly string[], times: Record<string, string>, call: Call): Promise<string[]> {
		const known = this.knownFamilies;
		const fits = known?.chosen.some((name) => names.includes(name)) && names.every((name) => known.names.has(name));
		if (known && fits && Date.now() - known.readAt < FAMILIES_FRESH_MS) return known.chosen;
		const first = SERVICE_LABELS.find((name) => names.includes(name)) ?? (names[0] as string);
		const chosen = [first];
		const others = names.filter((name) => name !== first).slice(0, MAX_LABELS);
		for (let left = await this.without(chosen, others, times, call); left.length > 0; ) {
			const best = bestLabel(
				left,
				others.filter((name) => !chosen.includes(name)),
			);
			if (best === null || chosen.length === MAX_PARTITIONS) break;
			chosen.push(best);
			left = left.filter((stream) => !stream[best]);
		}
		this.knownFamilies = { names: new Set(names), chosen, readAt: Date.now() };
		return chosen;
	}

	/** Streams that have none of `chosen`. */
	private async without(
		chosen: readonly string[],
		others: readonly string[],
		times: Record<string, string>,
		call: Call,
	): Promise<Record<string, string>[]> {
		if (others.length === 0) return [];
		const none = chosen.map((name) => `${name}=""`).join(", ");
		const matches = others.map((name) => `{${none}, ${name}=~".+"}`);
		const asked = { path: "/loki/api/v1/series", params: { ...times, "match[]": matches }, form: true };
		return (await this.engine.json(seriesSchema, asked, call))?.data ?? [];
	}
}

function partitionsOf(chosen: readonly string[], indexLabels: readonly string[]): Partition[] {
	return chosen.map((name, at) => ({
		matchers: [...chosen.slice(0, at).map((earlier) => `${earlier}=""`), `${name}=~".+"`].join(", "),
		label: name,
		serviceLabel: (SERVICE_LABELS as readonly string[]).includes(name) ? name : null,
		indexLabels,
	}));
}

/** The label that names most of the streams; one that names the service where several do. */
function bestLabel(streams: readonly Record<string, string>[], names: readonly string[]): string | null {
	let best: string | null = null;
	let most = 0;
	for (const name of [...SERVICE_LABELS.filter((label) => names.includes(label)), ...names]) {
		const count = streams.filter((stream) => stream[name]).length;
		if (count > most) [best, most] = [name, count];
	}
	return best;
}

function freshMs(stretch: bigint): number {
	return hasEnded(stretch) ? OLD_FRESH_MS : FRESH_MS;
}

function hasEnded(stretch: bigint): boolean {
	return (stretch + 1n) * STRETCH_NS + 2n * DAY < BigInt(Date.now()) * 1_000_000n;
}

export function stretchOf(timeUnixNano: bigint): bigint {
	return timeUnixNano / STRETCH_NS;
}

export function stretchWindow(stretch: bigint): TimeWindow {
	return { fromUnixNano: stretch * STRETCH_NS, toUnixNano: (stretch + 1n) * STRETCH_NS };
}

/** The window cut at the borders of stretches, oldest first. */
export function stretchesOf(window: TimeWindow): TimeWindow[] {
	const parts: TimeWindow[] = [];
	for (let from = window.fromUnixNano; from < window.toUnixNano; ) {
		const end = stretchWindow(stretchOf(from)).toUnixNano;
		const to = end < window.toUnixNano ? end : window.toUnixNano;
		parts.push({ fromUnixNano: from, toUnixNano: to });
		from = to;
	}
	return parts;
}

/** A selector of the partition with further matchers. */
export function selector(partition: Partition, ...matchers: string[]): string {
	return `{${[partition.matchers, ...matchers].join(", ")}}`;
}
