import {
	DEFAULT_LIMITS,
	ExpositionError,
	type ExpositionExemplar,
	type ExpositionLimits,
	type Family,
	type Sample,
} from "./exposition.ts";
import { LineCursor, parseSeconds, show, unescapeText } from "./line-cursor.ts";
import { OpenMetricsFamily } from "./openmetrics-family.ts";

/** The sum of the lengths of an exemplar's label names and values, in Unicode code points. */
const MAX_EXEMPLAR_CHARACTERS = 128;

/**
 * Parses OpenMetrics 1.0 text (prometheus/OpenMetrics, specification/OpenMetrics.md) and refuses what the specification
 * refuses. One pass, linear in the text's length.
 * Throws `ExpositionError`, and nothing else, naming the line and the reason.
 */
export function parseOpenMetrics(text: string, limits: ExpositionLimits = DEFAULT_LIMITS): Family[] {
	if (text.length > limits.text) throw new ExpositionError(1, `the text is longer than ${limits.text} characters`);
	const families: Family[] = [];
	const names = new Set<string>();
	let family: OpenMetricsFamily | null = null;
	let samples = 0;
	let metadata = 0;
	let line = 0;

	/** Closes the family before and begins the next. */
	const begin = (name: string): OpenMetricsFamily => {
		if (family) families.push(family.finish(names, line));
		return new OpenMetricsFamily(name);
	};

	for (let start = 0; start < text.length; ) {
		line++;
		const newline = text.indexOf("\n", start);
		const end = newline < 0 ? text.length : newline;
		if (end - start > limits.line) throw new ExpositionError(line, `longer than ${limits.line} characters`);
		const cursor = new LineCursor(text, start, end, line);
		start = end + 1;

		if (cursor.take("#")) {
			if (cursor.rest() === " EOF") {
				if (start < text.length) throw new ExpositionError(line + 1, "there is text after # EOF");
				if (family) families.push(family.finish(names, line));
				return families;
			}
			if (++metadata > limits.metadata) cursor.fail(`more than ${limits.metadata} metadata lines`);
			const { keyword, name, value } = readMetadata(cursor);
			if (family?.name !== name) family = begin(name);
			family.describe(keyword, value, cursor);
			continue;
		}
		if (++samples > limits.samples) cursor.fail(`more than ${limits.samples} samples`);
		const sample = readSample(cursor, limits);
		if (!family?.takes(sample.name)) family = begin(sample.name);
		family.add(sample, cursor);
	}
	throw new ExpositionError(line + 1, "the text ends without # EOF: it is cut short, or is not OpenMetrics");
}

function readMetadata(cursor: LineCursor): { keyword: "HELP" | "TYPE" | "UNIT"; name: string; value: string } {
	cursor.expect(" ", "after #");
	const keyword = cursor.word();
	if (keyword !== "HELP" && keyword !== "TYPE" && keyword !== "UNIT") {
		return cursor.fail(`# must be followed by HELP, TYPE, UNIT or EOF, not ${show(keyword)}`);
	}
	cursor.expect(" ", `after ${keyword}`);
	const name = cursor.identifier("metric name");
	cursor.expect(" ", `after the name ${show(name)}`);
	const value = cursor.rest();
	return { keyword, name, value: keyword === "HELP" ? unescapeText(value) : value };
}

function readSample(cursor: LineCursor, limits: ExpositionLimits): Sample {
	const name = cursor.identifier("metric name");
	const labels = cursor.text[cursor.at] === "{" && !cursor.done() ? cursor.labels(false, limits) : [];
	cursor.expect(" ", "before the value");
	const value = cursor.number("value");
	let timeUnixNano: bigint | null = null;
	let exemplar: ExpositionExemplar | null = null;
	if (!cursor.done()) {
		cursor.expect(" ", "after the value");
		if (!cursor.take("#")) {
			timeUnixNano = readTime(cursor);
			if (!cursor.done()) {
				cursor.expect(" ", "after the timestamp");
				cursor.expect("#", "before the exemplar");
				exemplar = readExemplar(cursor, limits);
			}
		} else exemplar = readExemplar(cursor, limits);
	}
	return { name, labels, value, timeUnixNano, exemplar };
}

/** What follows the `#`: ` {trace_id="..."} 0.5 1700000000.25` */
function readExemplar(cursor: LineCursor, limits: ExpositionLimits): ExpositionExemplar {
	cursor.expect(" ", "after the # of the exemplar");
	const labels = cursor.labels(false, limits);
	let characters = 0;
	for (const [name, value] of labels) characters += name.length + codePoints(value);
	if (characters > MAX_EXEMPLAR_CHARACTERS) {
		cursor.fail(`the exemplar's labels have ${characters} characters, the limit is ${MAX_EXEMPLAR_CHARACTERS}`);
	}
	cursor.expect(" ", "before the exemplar's value");
	const value = cursor.number("exemplar's value");
	let timeUnixNano: bigint | null = null;
	if (!cursor.done()) {
		cursor.expect(" ", "after the exemplar's value");
		timeUnixNano = readTime(cursor);
		if (!cursor.done()) cursor.fail("there is text after the exemplar's timestamp");
	}
	return { labels, value, timeUnixNano };
}

function readTime(cursor: LineCursor): bigint {
	const word = cursor.word();
	return parseSeconds(word) ?? cursor.fail(`${show(word)} is not a timestamp (seconds since 1970)`);
}

function codePoints(value: string): number {
	let count = 0;
	for (let i = 0; i < value.length; count++) i += value.codePointAt(i)! > 0xffff ? 2 : 1;
	return count;
}
