import {
	DEFAULT_LIMITS,
	ExpositionError,
	type ExpositionLimits,
	type Family,
	type FamilyType,
	labelsKey,
	type Sample,
} from "./exposition.ts";
import { LineCursor, show, unescapeText } from "./line-cursor.ts";

const TYPES: ReadonlyMap<string, FamilyType> = new Map([
	["counter", "counter"],
	["gauge", "gauge"],
	["histogram", "histogram"],
	["summary", "summary"],
]);
const PARTS = ["_bucket", "_count", "_sum"] as const;

/**
 * Parses the Prometheus text format 0.0.4 (prometheus/docs, "Exposition formats"), as leniently as Prometheus: blanks, other
 * comments, empty lines, any order, a comma after the last label; of a repeated series the first value stays.
 * A type it does not know is `unknown`. Throws `ExpositionError`, and nothing else, naming the line and the reason.
 */
export function parsePrometheusText(text: string, limits: ExpositionLimits = DEFAULT_LIMITS): Family[] {
	if (text.length > limits.text) throw new ExpositionError(1, `the text is longer than ${limits.text} characters`);
	const families = new Map<string, Family>();
	const seen = new Set<string>();
	let samples = 0;
	let metadata = 0;
	let line = 0;

	const familyNamed = (name: string): Family => {
		let family = families.get(name);
		if (!family) {
			family = { name, type: "unknown", unit: "", help: "", samples: [] };
			families.set(name, family);
		}
		return family;
	};

	for (let start = 0; start < text.length; ) {
		line++;
		const newline = text.indexOf("\n", start);
		const end = newline < 0 ? text.length : newline;
		if (end - start > limits.line) throw new ExpositionError(line, `longer than ${limits.line} characters`);
		const cursor = new LineCursor(text, start, end, line);
		start = end + 1;

		cursor.skipBlanks();
		if (cursor.done()) continue;
		if (cursor.take("#")) {
			if (++metadata > limits.metadata) cursor.fail(`more than ${limits.metadata} comments`);
			describe(cursor, familyNamed);
			continue;
		}
		if (++samples > limits.samples) cursor.fail(`more than ${limits.samples} samples`);
		const sample = readSample(cursor, limits);
		const series = `${sample.name}\u0002${labelsKey(sample.labels)}\u0002${sample.timeUnixNano ?? ""}`;
		if (seen.has(series)) continue;
		seen.add(series);
		(ownerOf(sample.name, families) ?? familyNamed(sample.name)).samples.push(sample);
	}
	return [...families.values()];
}

/** What follows a `#`: HELP and TYPE say something, anything else is a comment. */
function describe(cursor: LineCursor, familyNamed: (name: string) => Family): void {
	cursor.skipBlanks();
	const keyword = cursor.word();
	if (keyword !== "HELP" && keyword !== "TYPE") return;
	cursor.skipBlanks();
	if (cursor.done()) cursor.fail(`${keyword} names no metric`);
	const name = cursor.identifier("metric name");
	cursor.skipBlanks();
	const value = cursor.rest();
	const family = familyNamed(name);
	if (keyword === "HELP") family.help = unescapeText(value);
	else family.type = TYPES.get(value.trim()) ?? "unknown";
}

/** The histogram or summary that a `_bucket`, `_count` or `_sum` sample is a part of. */
function ownerOf(name: string, families: ReadonlyMap<string, Family>): Family | null {
	for (const part of PARTS) {
		if (!name.endsWith(part)) continue;
		const family = families.get(name.slice(0, -part.length));
		if (family?.type === "histogram" || (family?.type === "summary" && part !== "_bucket")) return family;
	}
	return null;
}

function readSample(cursor: LineCursor, limits: ExpositionLimits): Sample {
	const name = cursor.identifier("metric name");
	cursor.skipBlanks();
	const labels = !cursor.done() && cursor.text[cursor.at] === "{" ? cursor.labels(true, limits) : [];
	cursor.skipBlanks();
	const value = cursor.number("value");
	cursor.skipBlanks();
	let timeUnixNano: bigint | null = null;
	if (!cursor.done()) {
		const word = cursor.word();
		if (!/^[+-]?\d{1,18}$/.test(word)) cursor.fail(`${show(word)} is not a timestamp (milliseconds since 1970)`);
		timeUnixNano = BigInt(word) * 1_000_000n;
		cursor.skipBlanks();
		if (!cursor.done()) cursor.fail(`there is text after the timestamp: ${show(cursor.rest())}`);
	}
	return { name, labels, value, timeUnixNano, exemplar: null };
}
