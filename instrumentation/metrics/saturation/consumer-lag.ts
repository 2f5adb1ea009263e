import { type Family, type OwnMetric, promName } from "../family.ts";
import { SeriesMap } from "../series.ts";

const NAME = "messaging.consumer.lag";
const UNIT = "{message}";
const LABELS = [
	"messaging.system",
	"messaging.consumer.group.name",
	"messaging.destination.name",
	"messaging.destination.partition.id",
];

/**
 * How many messages a consumer has not yet handled, as it last knew. The conventions have no name for it; its labels are
 * theirs. In a cluster the largest counts: a partition that has moved on leaves its last value behind.
 */
export class ConsumerLag implements OwnMetric {
	readonly name = promName(NAME, UNIT, "gauge");
	readonly help = "Messages of a partition that this consumer has not handled yet, as of its last batch.";
	readonly type = "gauge";
	readonly aggregate = "max";
	private readonly series: SeriesMap<{ lag: number }>;

	constructor(limit: number) {
		this.series = new SeriesMap({ name: this.name, labels: LABELS, limit, create: () => ({ lag: 0 }) });
	}

	set(system: string, group: string, topic: string, partition: string, lag: number): void {
		this.series.of([system, group, topic, partition]).lag = lag;
	}

	family(): Family {
		return {
			name: this.name,
			help: this.help,
			type: "gauge",
			aggregate: this.aggregate,
			otlp: { name: NAME, unit: UNIT, labels: this.series.otlpLabels },
			points: this.series.all().map(({ labels, state }) => ({ labels, value: state.lag })),
		};
	}

	reset(): void {
		this.series.clear();
	}
}

/** What of a kafkajs consumer is used. */
export interface WatchedConsumer {
	events?: { END_BATCH_PROCESS?: string };
	on?: (event: string, listener: (event: { payload?: unknown }) => void) => unknown;
}

/** Keep the lag that a kafkajs consumer reports after each batch. */
export function watchKafkaLag(consumer: WatchedConsumer, group: string | undefined, lag: ConsumerLag): void {
	const { events, on } = consumer;
	if (typeof on !== "function" || typeof events?.END_BATCH_PROCESS !== "string") {
		return;
	}
	on.call(consumer, events.END_BATCH_PROCESS, ({ payload }) => {
		const { topic, partition, offsetLag } = (payload ?? {}) as Record<string, unknown>;
		const messages = Number(offsetLag);
		if (typeof topic === "string" && Number.isFinite(messages)) {
			lag.set("kafka", group ?? "", topic, String(partition), Math.max(0, messages));
		}
	});
}
