import type { Sampler, SpanProcessor } from "@opentelemetry/sdk-trace-base";
import { deferExemplars } from "../metrics/exemplar.ts";
import type { Family } from "../metrics/family.ts";
import { say } from "../say.ts";
import { describeSampler, type SamplerChoice } from "./choice.ts";
import { headOf } from "./head.ts";
import { TraceSampler } from "./sampler.ts";
import { TailBuffer } from "./tail-buffer.ts";

/** The sampler of a choice, with the buffer behind it when there is a tail. */
export interface Sampling {
	sampler: Sampler;
	/** What the spans go through on their way to `next`: all that are sent. */
	before(next: SpanProcessor): SpanProcessor;
	/** Decide what waits, since the process ends. */
	settle(): void;
	families(): Family[];
}

/** @throws RangeError for a probability or rate that is none */
export function createSampling(choice: SamplerChoice): Sampling {
	const { keep, ignoreParent = false, tail } = choice;
	let buffer: TailBuffer | undefined;
	const sampler = new TraceSampler({
		head: headOf(keep),
		description: describeSampler(choice),
		ignoreParent,
		recordAll: () => buffer !== undefined,
	});
	return {
		sampler,
		before(next) {
			if (tail === undefined) {
				return next;
			}
			buffer = new TailBuffer(next, tail);
			deferExemplars(buffer);
			sayWhatIsLost(buffer);
			return buffer;
		},
		settle: () => buffer?.settle(),
		families: () => (keep === "all" && tail === undefined ? [] : familiesOf(sampler, buffer)),
	};
}

/** process.exit() leaves no time to send, and none for a last push of the counts. */
function sayWhatIsLost(buffer: TailBuffer): void {
	process.on("exit", () => {
		const { traces, spans } = buffer.waiting;
		if (spans > 0) {
			say(`${traces} traces were not over at the end; their ${spans} spans are lost`);
		}
	});
}

function familiesOf({ counts }: TraceSampler, buffer: TailBuffer | undefined): Family[] {
	const by = (label: string, values: Readonly<Record<string, number>>) =>
		Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value }));
	const families: Family[] = [
		{
			name: "trivet_traces_begun_total",
			help: "Traces that were decided on here when they began.",
			type: "counter",
			points: by("decision", { ...counts }),
		},
	];
	if (buffer !== undefined) {
		const { traces, spans } = buffer.counts;
		families.push(
			{
				name: "trivet_tail_traces_total",
				help: "Traces by what the tail buffer did with them.",
				type: "counter",
				points: by("outcome", traces),
			},
			{
				name: "trivet_tail_spans_dropped_total",
				help: "Spans that the tail buffer dropped, by why.",
				type: "counter",
				points: by(
					"reason",
					Object.fromEntries(Object.entries(spans).map(([key, value]) => [key.replace("dropped_", ""), value])),
				),
			},
			{
				name: "trivet_tail_waiting",
				help: "What waits for its trace to be over, and the memory it takes (estimated).",
				type: "gauge",
				points: by("item", buffer.waiting),
			},
		);
	}
	return families;
}
