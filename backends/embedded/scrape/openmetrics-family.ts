import {
	ExpositionError,
	type Family,
	type FamilyType,
	type Label,
	labelsKey,
	labelValue,
	type Sample,
} from "./exposition.ts";
import { type LineCursor, parseNumber, show } from "./line-cursor.ts";

/** The endings a family's sample names may have, by type. */
const SUFFIXES: Record<FamilyType, readonly string[]> = {
	unknown: [""],
	gauge: [""],
	stateset: [""],
	info: ["_info"],
	counter: ["_total", "_created"],
	summary: ["", "_count", "_sum", "_created"],
	histogram: ["_bucket", "_count", "_sum", "_created"],
	gaugehistogram: ["_bucket", "_gcount", "_gsum"],
};
const NEVER_NAN = new Set(["_total", "_sum", "_count", "_bucket", "_gcount", "_gsum"]);
const NEVER_NEGATIVE = new Set(["_total", "_sum", "_count", "_bucket", "_gcount"]);

/** One metric family while its lines arrive: knows the rules of its type and refuses what breaks them. */
export class OpenMetricsFamily {
	readonly name: string;
	private type: FamilyType | null = null;
	private unit: string | null = null;
	private help: string | null = null;
	private readonly samples: Sample[] = [];
	/** Group (labels without `le`, `quantile`, the state) of each sample. */
	private readonly groups: string[] = [];
	private readonly closedGroups = new Set<string>();
	private group: string | null = null;
	private groupTime: bigint | null = null;
	/** Series seen in the open group at its present time. */
	private series = new Set<string>();

	constructor(name: string) {
		this.name = name;
	}

	/** Takes a `HELP`, `TYPE` or `UNIT` line. */
	describe(keyword: "HELP" | "TYPE" | "UNIT", value: string, at: LineCursor): void {
		if (this.samples.length > 0) at.fail(`${keyword} of ${show(this.name)} comes after its samples`);
		const known = keyword === "HELP" ? this.help : keyword === "TYPE" ? this.type : this.unit;
		if (known !== null) at.fail(`a second ${keyword} for ${show(this.name)}`);
		if (keyword === "HELP") this.help = value;
		else if (keyword === "UNIT") this.unit = value;
		else if (Object.hasOwn(SUFFIXES, value)) this.type = value as FamilyType;
		else at.fail(`${show(value)} is not a type; the types are ${Object.keys(SUFFIXES).join(", ")}`);
	}

	/** Whether a sample of this name belongs to the family. */
	takes(sampleName: string): boolean {
		if (!sampleName.startsWith(this.name)) return false;
		return SUFFIXES[this.type ?? "unknown"].includes(sampleName.slice(this.name.length));
	}

	add(sample: Sample, at: LineCursor): void {
		this.type ??= "unknown";
		const suffix = sample.name.slice(this.name.length);
		checkLabels(this.name, this.type, suffix, sample.labels, at);
		checkValue(this.type, suffix, sample, at);
		if (this.enter(sample, at)) this.samples.push(sample);
	}

	/** Keeps groups together and their time rising. False for a repetition that only rounding of the timestamp explains. */
	private enter(sample: Sample, at: LineCursor): boolean {
		const group = this.groupOf(sample.labels);
		if (group !== this.group) {
			if (this.closedGroups.has(group)) at.fail(`the samples of one group of ${show(this.name)} are not together`);
			this.closedGroups.add(group);
			this.series.clear();
		} else {
			if ((sample.timeUnixNano === null) !== (this.groupTime === null)) {
				at.fail("a group has samples with and without timestamp");
			}
			if (sample.timeUnixNano !== this.groupTime) {
				if (sample.timeUnixNano! < this.groupTime! && this.type !== "info") at.fail("the timestamp goes backwards");
				this.series.clear();
			}
		}
		this.group = group;
		this.groupTime = sample.timeUnixNano;
		const id = `${sample.name}\u0002${labelsKey(sample.labels)}`;
		if (this.series.has(id)) {
			if (sample.timeUnixNano === null) at.fail("the same series appears twice");
			return false;
		}
		this.series.add(id);
		this.groups.push(group);
		return true;
	}

	private groupOf(labels: readonly Label[]): string {
		switch (this.type) {
			case "info":
				return "";
			case "stateset":
				return labelsKey(labels, this.name);
			case "summary":
				return labelsKey(labels, "quantile");
			case "histogram":
			case "gaugehistogram":
				return labelsKey(labels, "le");
			default:
				return labelsKey(labels);
		}
	}

	/** Closes the family: `names` are all names used so far, `line` is where the next family begins. */
	finish(names: Set<string>, line: number): Family {
		const type = this.type ?? "unknown";
		const refuse = (reason: string): never => {
			throw new ExpositionError(line, `${reason} (in the metric family ${show(this.name)} before this line)`);
		};
		for (const suffix of new Set([...SUFFIXES[type], ""])) {
			const name = this.name + suffix;
			if (names.has(name)) refuse(`the name ${show(name)} is already taken by an earlier metric family`);
			names.add(name);
		}
		if (this.unit && !this.name.endsWith(`_${this.unit}`))
			refuse(`the name does not end in its unit ${show(this.unit)}`);
		if (this.unit && (type === "info" || type === "stateset")) refuse(`a metric of type ${type} has no unit`);
		if (type === "histogram" || type === "gaugehistogram") checkHistogram(this.name, this.samples, this.groups, refuse);
		return { name: this.name, type, unit: this.unit ?? "", help: this.help ?? "", samples: this.samples };
	}
}

function checkLabels(family: string, type: FamilyType, suffix: string, labels: readonly Label[], at: LineCursor): void {
	if (type === "stateset" && labelValue(labels, family) === undefined)
		at.fail(`a state needs the label ${show(family)}`);
	if (type === "summary" && suffix === "") {
		const quantile = parseNumber(labelValue(labels, "quantile") ?? "");
		if (quantile === null || !(quantile >= 0 && quantile <= 1))
			at.fail("a summary's value needs a quantile between 0 and 1");
	}
	if (suffix === "_bucket" && (type === "histogram" || type === "gaugehistogram")) {
		const le = labelValue(labels, "le");
		const bound = parseNumber(le ?? "");
		if (bound === null || Number.isNaN(bound)) at.fail("a bucket needs a number in the label le");
		if (bound === Number.POSITIVE_INFINITY && le !== "+Inf")
			at.fail(`the last bucket's le is "+Inf", not ${show(le!)}`);
	}
}

function checkValue(type: FamilyType, suffix: string, { value, exemplar }: Sample, at: LineCursor): void {
	if (type === "stateset" && value !== 0 && value !== 1) at.fail("a state is 0 or 1");
	if (type === "info" && value !== 1) at.fail("an info's value is 1");
	if (type === "summary" && suffix === "" && value < 0) at.fail("a quantile is not negative");
	if (type !== "unknown" && NEVER_NAN.has(suffix) && Number.isNaN(value)) at.fail(`${suffix} cannot be NaN`);
	if (type !== "unknown" && NEVER_NEGATIVE.has(suffix) && value < 0) at.fail(`${suffix} cannot be negative`);
	if (!exemplar) return;
	const bucket = suffix === "_bucket" && (type === "histogram" || type === "gaugehistogram");
	if (!bucket && !(suffix === "_total" && type === "counter")) at.fail("only counters and buckets have exemplars");
}

/** Each group at each time has rising buckets up to +Inf, and a count and sum that agree with them. */
function checkHistogram(
	name: string,
	samples: readonly Sample[],
	groups: readonly string[],
	refuse: (why: string) => never,
): void {
	for (let from = 0; from < samples.length; ) {
		let to = from + 1;
		while (
			to < samples.length &&
			groups[to] === groups[from] &&
			samples[to]!.timeUnixNano === samples[from]!.timeUnixNano
		)
			to++;
		checkHistogramGroup(name, samples, from, to, refuse);
		from = to;
	}
}

function checkHistogramGroup(
	name: string,
	samples: readonly Sample[],
	from: number,
	to: number,
	refuse: (why: string) => never,
): void {
	let bound: number | null = null;
	let total = 0;
	let negativeBuckets = false;
	let count: number | null = null;
	let sum: number | null = null;
	let gaugeSum: number | null = null;
	for (let i = from; i < to; i++) {
		const { name: sampleName, labels, value } = samples[i]!;
		const suffix = sampleName.slice(name.length);
		if (suffix === "_bucket") {
			const le = parseNumber(labelValue(labels, "le")!)!;
			if (bound !== null && le <= bound) refuse(`the bucket le="${le}" comes after le="${bound}"`);
			if (value < total) refuse(`the bucket le="${le}" counts less than the one before`);
			if (le < 0) negativeBuckets = true;
			bound = le;
			total = value;
		} else if (suffix === "_count" || suffix === "_gcount") count = value;
		else if (suffix === "_sum") sum = value;
		else if (suffix === "_gsum") gaugeSum = value;
	}
	if (bound !== Number.POSITIVE_INFINITY) refuse('the bucket le="+Inf" is missing');
	if (count !== null && count !== total) refuse(`the count ${count} differs from the +Inf bucket's ${total}`);
	if ((count === null) !== (sum === null && gaugeSum === null)) refuse("count and sum come together or not at all");
	if (negativeBuckets && sum !== null) refuse("a histogram with negative buckets has no _sum");
	if (!negativeBuckets && gaugeSum !== null && gaugeSum < 0) refuse("_gsum is negative, but no bucket is");
}
