/** What a filter means: the reference that every backend's translation is held to. */
import { attributeText } from "./attribute-value.ts";
import type { Attributes, AttributeValue, LogLevel, LogRecord, Span } from "./model.ts";
import type { CompareOp, Filter } from "./search.ts";

type Compare = Extract<Filter, { kind: "compare" }>;

/** Does the span satisfy the whole filter? `root` answers `root.name` and `root.service`: the root span of its trace, if it has arrived. */
export function matchesSpan(filter: Filter, span: Span, root?: { name: string; service: string }): boolean {
	return matches(filter, {
		compare: (term) => {
			const { field, op, value } = term;
			switch (field) {
				case "service":
				case "name":
					return compareText(span[field], op, value);
				case "kind":
					return compareWord(span.kind, op, value);
				case "status":
					return compareWord(span.statusCode, op, value);
				case "duration":
					return compareNumber(span.durationNs, op, value);
				case "traceId":
				case "spanId":
					return op === "=" && span[field] === value;
				case "root.name":
				case "root.service":
					return root !== undefined && compareText(field === "root.name" ? root.name : root.service, op, value);
				default: {
					const places = [
						span.attributes,
						span.resource,
						...span.events.map(attributesOf),
						...span.links.map(attributesOf),
					];
					return places.some((attributes) => compareAttribute(attributes, term));
				}
			}
		},
		text: (text) =>
			contains(span.name, text) || contains(span.statusMessage, text) || attributesContain(span.attributes, text),
	});
}

/** Does the log record satisfy the whole filter? Levels compare by severity (`level:>=warn`). */
export function matchesLog(filter: Filter, record: LogRecord): boolean {
	return matches(filter, {
		compare: (term) => {
			const { field, op, value } = term;
			switch (field) {
				case "service":
				case "body":
					return compareText(record[field], op, value);
				case "level": {
					const wanted = LEVELS.indexOf(String(value) as LogLevel);
					if (op === "=" || wanted < 0) return compareWord(record.level, op, value);
					return compareNumber(LEVELS.indexOf(record.level), op, wanted);
				}
				case "traceId":
				case "spanId":
					return op === "=" && record[field] === value;
				default:
					return compareAttribute(record.attributes, term) || compareAttribute(record.resource, term);
			}
		},
		text: (text) => contains(record.body, text) || attributesContain(record.attributes, text),
	});
}

const LEVELS: readonly LogLevel[] = ["unspecified", "trace", "debug", "info", "warn", "error", "fatal"];

/** The parser bounds how deep filters nest. */
function matches(
	filter: Filter,
	leaf: { compare: (term: Compare) => boolean; text: (lowered: string) => boolean },
): boolean {
	switch (filter.kind) {
		case "and":
			return filter.of.every((part) => matches(part, leaf));
		case "or":
			return filter.of.some((part) => matches(part, leaf));
		case "not":
			return !matches(filter.of, leaf);
		case "compare":
			return filter.op === "!=" ? !leaf.compare({ ...filter, op: "=" }) : leaf.compare(filter);
		case "text":
			return leaf.text(filter.text.toLowerCase());
	}
}

function attributesOf(holder: { attributes: Attributes }): Attributes {
	return holder.attributes;
}

function compareAttribute(attributes: Attributes, { field, op, value }: Compare): boolean {
	if (!Object.hasOwn(attributes, field)) return false;
	const held: AttributeValue | undefined = attributes[field];
	if (typeof held === "string") return typeof value === "string" && compareText(held, op, value);
	if (typeof held === "number") return typeof value === "number" && compareNumber(held, op, value);
	return typeof held === "boolean" && op === "=" && held === value;
}

function compareText(held: string, op: CompareOp, value: Compare["value"]): boolean {
	const text = String(value);
	return op === "=" ? matchesPattern(text, held) : ordered(held, op, text);
}

function compareWord(held: string, op: CompareOp, value: Compare["value"]): boolean {
	return op === "=" && matchesPattern(String(value).toLowerCase(), held);
}

function compareNumber(held: number, op: CompareOp, value: Compare["value"]): boolean {
	return typeof value === "number" && (op === "=" ? held === value : ordered(held, op, value));
}

function ordered<T extends string | number>(held: T, op: CompareOp, value: T): boolean {
	if (op === ">") return held > value;
	if (op === ">=") return held >= value;
	return op === "<" ? held < value : op === "<=" && held <= value;
}

/** `*` stands for anything, `\*` for a star. Looks for the parts in turn, so that no pattern takes longer than the text is long. */
function matchesPattern(pattern: string, text: string): boolean {
	const parts = pattern.split(/(?<!\\)\*/).map((part) => part.replaceAll("\\*", "*"));
	const first = parts[0] ?? "";
	const last = parts.at(-1) ?? "";
	if (parts.length === 1) return text === first;
	if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
	let at = first.length;
	for (const part of parts.slice(1, -1)) {
		const found = text.indexOf(part, at);
		if (found < 0) return false;
		at = found + part.length;
	}
	return at <= text.length - last.length;
}

function attributesContain(attributes: Attributes, lowered: string): boolean {
	return Object.values(attributes).some((value) => contains(attributeText(value), lowered));
}

function contains(text: string, lowered: string): boolean {
	return text.toLowerCase().includes(lowered);
}
