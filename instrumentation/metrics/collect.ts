import { say } from "../say.ts";
import type { Family, OwnMetric } from "./family.ts";
import type { PromClient, PromMetric, PromRegistry } from "./prom-client/module.ts";
import { Registered, register, watchRegistries } from "./prom-client/registered.ts";
import { toFamily } from "./prom-client/snapshot.ts";
import { snapshotNow } from "./prom-client/snapshot-now.ts";
import type { MetricSource } from "./source.ts";

/** Registries that are made and forgotten go with the garbage; an app that keeps more than these has the newest left out. */
const MAX_REGISTRIES = 1_000;

/** Everything this process measures: the registries of the app's copies of prom-client, and the metrics of this package. */
export class Metrics implements MetricSource {
	private readonly clients: PromClient[] = [];
	private readonly registries = new Set<WeakRef<PromRegistry>>();
	private readonly known = new WeakSet<PromRegistry>();
	private readonly names = new WeakMap<PromMetric, string>();
	private readonly own: OwnMetric[] = [];
	private readonly sources: (() => readonly Family[])[] = [];
	private readonly seriesLimit: number;

	constructor(seriesLimit = Number.POSITIVE_INFINITY) {
		this.seriesLimit = seriesLimit;
	}

	/** Show metrics of ours on every page, now and in each copy of prom-client that the app loads later. */
	add(...metrics: readonly OwnMetric[]): void {
		for (const metric of metrics) {
			this.own.push(metric);
			for (const client of this.clients) {
				register(client, metric);
			}
		}
	}

	/** Show more families, on our page and in the push only. */
	addFamilies(read: () => readonly Family[]): void {
		this.sources.push(read);
	}

	/** Read all registries of this copy of prom-client, and put ours into its default one. */
	addClient(client: PromClient): void {
		this.addRegistry(client.register);
		watchRegistries(client, (registry, metric, name) => {
			this.names.set(metric, name);
			this.addRegistry(registry);
		});
		this.clients.push(client);
		for (const metric of this.own) {
			register(client, metric);
		}
	}

	addRegistry(registry: PromRegistry): void {
		if (!this.known.has(registry) && this.registries.size < MAX_REGISTRIES) {
			this.known.add(registry);
			this.registries.add(new WeakRef(registry));
		}
	}

	/** One snapshot of all families; a collector of the app that throws costs its own metric only. First name wins. */
	async collect(): Promise<Family[]> {
		const families = new Families();
		const refreshed = Promise.all(this.own.map((metric) => metric.refresh?.()));
		for (const { metrics, defaults } of this.ofApp()) {
			const snapshots = await Promise.allSettled(metrics.map(async (metric) => metric.get()));
			snapshots.forEach((snapshot, index) => {
				const metric = metrics[index]!;
				if (snapshot.status === "rejected") {
					say(`the metric ${metric.name} could not be collected: ${String(snapshot.reason)}`);
					return;
				}
				const family = toFamily(snapshot.value, defaults);
				families.add({ ...family, name: this.names.get(metric) ?? family.name });
				this.warnOfMany(family);
			});
		}
		await refreshed;
		families.addMeasured(this.readOwn());
		return families.all();
	}

	/** What can be read without waiting, for a process that ends: everything but summaries. Runs nothing of the app's. */
	collectNow(): Family[] {
		const families = new Families();
		for (const { metrics, defaults } of this.ofApp()) {
			for (const metric of metrics) {
				try {
					const snapshot = snapshotNow(metric);
					if (snapshot !== undefined) {
						families.add({ ...toFamily(snapshot, defaults), name: this.names.get(metric) ?? snapshot.name });
					}
				} catch {
					// One metric less, and everything else is still sent.
				}
			}
		}
		families.addMeasured(this.readOwn());
		return families.all();
	}

	/** The app's own metrics, by registry; what is gone is forgotten. */
	private *ofApp(): Iterable<{ metrics: PromMetric[]; defaults: Record<string, string> }> {
		for (const reference of this.registries) {
			const registry = reference.deref();
			if (registry === undefined) {
				this.registries.delete(reference);
				continue;
			}
			const metrics = registry.getMetricsAsArray().filter((metric) => !(metric instanceof Registered));
			yield { metrics, defaults: registry._defaultLabels ?? {} };
		}
	}

	private readOwn(): Family[] {
		return [...this.own.map((metric) => () => [metric.family()]), ...this.sources].flatMap((read) => {
			try {
				return read();
			} catch (error) {
				say(`a metric could not be read: ${String(error)}`);
				return [];
			}
		});
	}

	/** The app's own metrics are its own: too many series are said, never left out. */
	private warnOfMany({ name, points }: Family): void {
		if (points.length > this.seriesLimit) {
			say(
				`the app's metric ${name} has more than ${this.seriesLimit} series: a label of it has too many values (TRIVET_SERIES_LIMIT)`,
			);
		}
	}
}

/** By name, the first of a name wins. */
class Families {
	private readonly byName = new Map<string, Family>();

	add(family: Family): void {
		if (!this.byName.has(family.name)) {
			this.byName.set(family.name, family);
		}
	}

	addMeasured(families: readonly Family[]): void {
		for (const family of families) {
			if (family.points.length > 0) {
				this.add(family);
			}
		}
	}

	all(): Family[] {
		return [...this.byName.values()];
	}
}
