/**
 * The filter tree of core/search.ts as SQL with every value bound; means the same as core's `matchesSpan` and `matchesLog`, and a
 * property test holds the two together. Keys become JSON pointers, so that no key can be read as a path or as SQL.
 */
import { normaliseSpanId, normaliseTraceId, spanIdWord, traceIdWords } from "../../../core/ids.ts";
import { type LogLevel, SPAN_KINDS, STATUS_CODES } from "../../../core/model.ts";
import type { LogQuery, TraceQuery } from "../../../core/ports.ts";
import type { CompareOp, Filter } from "../../../core/search.ts";
import type { Database, SqlValue } from "../store/database.ts";

type Params = Record<string, SqlValue>;
type Compare = Extract<Filter, { kind: "compare" }>;

/** A condition on a row of a spans table. Adds its values to `params`. */
export function spanFilter(filter: Filter | null, db: Database, params: Params): string {
	return filter === null ? "true" : translate(filter, new SpanWords(db, params));
}

/** The same on a row of a logs table. */
export function logFilter(filter: Filter | null, db: Database, params: Params): string {
	return filter === null ? "true" : translate(filter, new LogWords(db, params));
}

/** What was asked, for people to read and to run again. */
export function describeFilter(query: TraceQuery | LogQuery): string {
	return JSON.stringify(query, (key, value) =>
		key === "window" || value === null ? undefined : typeof value === "bigint" ? String(value) : value,
	);
}

interface Words {
	compare(filter: Compare): string;
	text(text: string): string;
}

function translate(filter: Filter, words: Words): string {
	switch (filter.kind) {
		case "and":
		case "or": {
			if (filter.of.length === 0) return filter.kind === "and" ? "true" : "false";
			return `(${filter.of.map((part) => translate(part, words)).join(` ${filter.kind} `)})`;
		}
		case "not":
			return `(not coalesce(${translate(filter.of, words)}, false))`;
		case "compare":
			return `coalesce(${words.compare(filter)}, false)`;
		case "text":
			return `coalesce(${words.text(filter.text)}, false)`;
	}
}

/** Binds a value under a fresh name and gives the placeholder. */
function bind(params: Params, value: SqlValue): string {
	const name = `f${Object.keys(params).length}`;
	params[name] = value;
	return `$${name}`;
}

/** What spans and log records have in common: attributes of their own and of their resource. */
class AttributeWords {
	protected readonly db: Database;
	protected readonly params: Params;

	constructor(db: Database, params: Params) {
		this.db = db;
		this.params = params;
	}

	protected bind(value: SqlValue): string {
		return bind(this.params, value);
	}

	/**
	 * `column` is JSON text of attributes. A look for the key and, where it can only be written one way, the value: most rows end there,
	 * and parsing is what costs.
	 */
	protected attribute(column: string, { field, op, value }: Compare): string {
		const pointer = this.bind(`/${field.replaceAll("~", "~0").replaceAll("/", "~1")}`);
		const telling = this.bind(JSON.stringify(field) + (op === "=" ? `:${beginningOf(value)}` : ""));
		return `(contains(${column}, ${telling}) and ${this.json(`json_extract(${column}, ${pointer})`, op, value)})`;
	}

	protected resourceAttribute(filter: Compare): string {
		return `resource in (select id from resources where ${this.attribute("attributes", filter)})`;
	}

	/** A comparison with one JSON value: texts with texts, numbers with numbers, truth with truth. */
	protected json(json: string, op: CompareOp, value: Compare["value"]): string {
		if (typeof value === "string") {
			return `(json_type(${json}) = 'VARCHAR' and ${this.textual(`(${json} ->> '$')`, op, value)})`;
		}
		if (typeof value === "boolean") {
			const is = `(${json})::varchar = ${this.bind(String(value))}`;
			return `(json_type(${json}) = 'BOOLEAN' and ${op === "=" ? is : op === "!=" ? `not (${is})` : "false"})`;
		}
		return `(json_type(${json}) in ('UBIGINT', 'BIGINT', 'DOUBLE') and try_cast(${json} as double) ${op === "!=" ? "<>" : op} ${this.bind(value)}::double)`;
	}

	/** A comparison with a text column; `*` in the value stands for anything, `\*` for itself. */
	protected textual(column: string, op: CompareOp, value: string): string {
		if (op === "=" || op === "!=") {
			const pattern = likePattern(value);
			const same =
				pattern === null
					? `${column} = ${this.bind(withoutEscapes(value))}`
					: `${column} like ${this.bind(pattern)} escape '\\'`;
			return op === "=" ? same : `not (${same})`;
		}
		return `${column} ${op} ${this.bind(value)}`;
	}

	/** Some value of the attributes contains the text, whatever the case; keys do not count. */
	protected attributeText(column: string, lowered: string): string {
		// JSON text holds plain characters as they are: where the text is made of such, most rows end at this look.
		const plain = JSON.stringify(lowered) === `"${lowered}"`;
		const text = this.bind(lowered);
		const exact = `len(list_filter(json_extract_string(${column}, '$.*'), lambda v: contains(lower(v), ${text}))) > 0`;
		return plain ? `(contains(lower(${column}), ${text}) and ${exact})` : `(${exact})`;
	}
}

/** A LIKE pattern where the text has a `*` that is not escaped, else null. */
function likePattern(value: string): string | null {
	let pattern = "";
	let isPattern = false;
	for (let i = 0; i < value.length; i++) {
		let character = value[i]!;
		if (character === "\\" && value[i + 1] === "*") character = value[++i]!;
		else if (character === "*") {
			isPattern = true;
			pattern += "%";
			continue;
		}
		pattern += /[%_\\]/.test(character) ? `\\${character}` : character;
	}
	return isPattern ? pattern : null;
}

/** How the JSON of an equal value begins, as far as that is certain: up to a star, an escape or a fraction. */
function beginningOf(value: Compare["value"]): string {
	if (typeof value === "boolean") return String(value);
	if (typeof value === "number") return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : "";
	const plain = /^[^*\\]*/.exec(value)?.[0] ?? "";
	const json = JSON.stringify(plain);
	if (json !== `"${plain}"`) return '"';
	return plain.length === value.length ? json : json.slice(0, -1);
}

const withoutEscapes = (value: string) => value.replaceAll("\\*", "*");

const SPAN_PLACES = ["events", "links"] as const;

class SpanWords extends AttributeWords implements Words {
	compare(filter: Compare): string {
		const { field, op, value } = filter;
		if (op === "!=") return `not coalesce(${this.compare({ ...filter, op: "=" })}, false)`;
		switch (field) {
			case "service":
			case "name":
				return this.textual(field, op, String(value));
			case "kind":
				return oneOf("kind", SPAN_KINDS, op, value);
			case "status":
				return oneOf("status", STATUS_CODES, op, value);
			case "duration":
				return typeof value === "number" ? `duration_ns ${op} ${this.bind(value)}` : "false";
			case "traceId":
				return traceIs(String(value), this.params);
			case "spanId":
				return spanIs(String(value), this.params);
			case "root.name":
			case "root.service": {
				const root = this.textual(field.slice("root.".length), op, String(value));
				return `(trace_hi, trace_lo) in (select (trace_hi, trace_lo) from ${this.db.from("spans", null)} where parent_id is null and ${root})`;
			}
			default:
				return `(${[
					this.attribute("attributes", filter),
					this.resourceAttribute(filter),
					...SPAN_PLACES.map((column) => this.inList(column, filter)),
				].join(" or ")})`;
		}
	}

	/** Attributes of any of the events or links. */
	private inList(column: string, filter: Compare): string {
		const quoted = this.bind(JSON.stringify(filter.field));
		const some = `len(list_filter(json_extract(${column}, '$[*].attributes'), lambda a: ${this.attribute("a::varchar", filter)})) > 0`;
		return `(${column} is not null and contains(${column}, ${quoted}) and ${some})`;
	}

	text(text: string): string {
		const lowered = text.toLowerCase();
		const plain = (column: string) => `contains(lower(${column}), ${this.bind(lowered)})`;
		return `(${[
			plain("name"),
			`(status_message is not null and ${plain("status_message")})`,
			this.attributeText("attributes", lowered),
		].join(" or ")})`;
	}
}

const LEVELS: readonly LogLevel[] = ["unspecified", "trace", "debug", "info", "warn", "error", "fatal"];

/** 0 unspecified, 1 trace .. 6 fatal: core's `levelOf` in SQL. */
const LEVEL = `case
	when severity_number between 1 and 24 then (severity_number - 1) // 4 + 1
	else case regexp_replace(lower(trim(severity_text)), '[2-4]$', '')
		when 'trace' then 1 when 'verbose' then 1 when 'finest' then 1
		when 'debug' then 2 when 'fine' then 2
		when 'info' then 3 when 'information' then 3 when 'informational' then 3 when 'notice' then 3
		when 'warn' then 4 when 'warning' then 4
		when 'error' then 5 when 'err' then 5 when 'severe' then 5
		when 'fatal' then 6 when 'critical' then 6 when 'crit' then 6 when 'alert' then 6 when 'emergency' then 6
		when 'emerg' then 6 when 'panic' then 6
		else 0 end
	end`;

/** This level and above. */
export function levelAtLeast(level: LogLevel): string {
	return `${LEVEL} >= ${LEVELS.indexOf(level)}`;
}

class LogWords extends AttributeWords implements Words {
	compare(filter: Compare): string {
		const { field, op, value } = filter;
		if (op === "!=") return `not coalesce(${this.compare({ ...filter, op: "=" })}, false)`;
		switch (field) {
			case "service":
			case "body":
				return this.textual(field, op, String(value));
			case "level": {
				const at = LEVELS.indexOf(String(value).toLowerCase() as LogLevel);
				return at < 0 || op === "=" ? oneOf(LEVEL, LEVELS, op, value) : `${LEVEL} ${op} ${at}`;
			}
			case "traceId":
				return traceIs(String(value), this.params);
			case "spanId":
				return spanIs(String(value), this.params);
			default:
				return `(${this.attribute("attributes", filter)} or ${this.resourceAttribute(filter)})`;
		}
	}

	text(text: string): string {
		const lowered = text.toLowerCase();
		return `(contains(lower(body), ${this.bind(lowered)}) or ${this.attributeText("attributes", lowered)})`;
	}
}

/** A column that holds positions in `words`: those that the value names, by pattern or by itself. */
function oneOf(column: string, words: readonly string[], op: CompareOp, value: Compare["value"]): string {
	if (op !== "=") return "false";
	const pattern = new RegExp(
		`^${String(value)
			.toLowerCase()
			.split("*")
			.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
			.join(".*")}$`,
	);
	const at = words.flatMap((word, i) => (pattern.test(word) ? [i] : []));
	return at.length === 0 ? "false" : `${column} in (${at.join(", ")})`;
}

function traceIs(value: string, params: Params): string {
	const id = normaliseTraceId(value);
	if (id === null) return "false";
	const { hi, lo } = traceIdWords(id);
	return `(trace_lo = ${bind(params, lo)} and trace_hi = ${bind(params, hi)})`;
}

function spanIs(value: string, params: Params): string {
	const id = normaliseSpanId(value);
	return id === null ? "false" : `span_id = ${bind(params, spanIdWord(id))}`;
}
