/**
 * The filter tree of core/search.ts as LogQL. Loki filters lines and labels in separate stages that only add up, so what the top of the
 * tree demands becomes stages of their own, and what stands below an `or` is asked of labels: where that needs the text itself, a
 * `label_format` puts it into one for the while. Label filters know no `not`: it is carried down to the leaves.
 */
import { normaliseSpanId, normaliseTraceId } from "../../../core/ids.ts";
import type { LogLevel } from "../../../core/model.ts";
import type { CompareOp, Filter } from "../../../core/search.ts";
import { attributeName, isResourceLabel, labelNames, NUMBER_PATTERN } from "./attribute-names.ts";
import { LEVELS, levelFilter } from "./log-level.ts";
import {
	ALWAYS,
	allOf,
	anyOf,
	escapeRegex,
	type LabelFilter,
	NEVER,
	quote,
	wildcardRegex,
	withoutEscapes,
} from "./logql.ts";
import { spanLabel, traceLabel } from "./trace-spellings.ts";

type Compare = Extract<Filter, { kind: "compare" }>;

/** What is known of the streams that are asked. */
export interface StreamShape {
	/** The label that names the service; null when none does. */
	serviceLabel: string | null;
	/** Labels of the streams themselves. */
	indexLabels: readonly string[];
}

/** Labels that hold no attribute. */
const OWN_LABELS = [
	"detected_level",
	"severity_number",
	"severity_text",
	"trace_id",
	"span_id",
	"flags",
	"observed_timestamp",
	"scope_name",
	"scope_version",
	"dropped_attributes_count",
];
/** Resource attributes that SDKs send: free text is not looked for in them. */
const RESOURCE_LABELS = [
	"host_name",
	"host_arch",
	"host_id",
	"os_type",
	"os_version",
	"process_pid",
	"process_command",
	"process_command_args",
	"process_executable_name",
	"process_executable_path",
	"process_owner",
	"process_runtime_name",
	"process_runtime_version",
	"process_runtime_description",
	"telemetry_sdk_name",
	"telemetry_sdk_language",
	"telemetry_sdk_version",
	"telemetry_distro_name",
	"telemetry_distro_version",
	"service_version",
	"service_namespace",
	"service_instance_id",
];
const TEXT_LABEL = "trivet_text";
const BODY_LABEL = "trivet_body";

/** Pipeline stages after the selector, each with a space before it; null when nothing can satisfy the filter. */
export function filterStages(filter: Filter | null, shape: StreamShape): string | null {
	if (filter === null) return "";
	const lines: string[] = [];
	const labels: LabelFilter[] = [];
	const words = new LogWords(shape);
	for (const part of filter.kind === "and" ? filter.of : [filter]) {
		const line = lineFilter(part);
		if (line !== null) lines.push(line);
		else labels.push(words.translate(part, true));
	}
	const condition = allOf(labels);
	if (condition === NEVER) return null;
	const formats = words.formats();
	return [
		...lines,
		...(formats.length > 0 ? [`| label_format ${formats.map(([name, value]) => `${name}=${value}`).join(", ")}`] : []),
		...(condition === ALWAYS ? [] : [`| ${condition}`]),
		...(formats.length > 0 ? [`| drop ${formats.map(([name]) => name).join(", ")}`] : []),
	]
		.map((stage) => ` ${stage}`)
		.join("");
}

/** A demand on the text alone that Loki can check before it looks at labels. */
function lineFilter(filter: Filter): string | null {
	if (filter.kind === "not" && filter.of.kind === "compare" && filter.of.op === "=") {
		return lineFilter({ ...filter.of, op: "!=" });
	}
	if (filter.kind !== "compare" || filter.field !== "body" || (filter.op !== "=" && filter.op !== "!=")) return null;
	return `${filter.op === "=" ? "|~" : "!~"} ${quote(`(?s)^(?:${patternOf(String(filter.value))})$`)}`;
}

function patternOf(value: string): string {
	return wildcardRegex(value) ?? escapeRegex(withoutEscapes(value));
}

class LogWords {
	private readonly shape: StreamShape;
	/** Labels that are computed from the record, and the templates that do it. */
	private readonly computed = new Map<string, string>();

	constructor(shape: StreamShape) {
		this.shape = shape;
	}

	formats(): [name: string, template: string][] {
		return [...this.computed];
	}

	/** The parser bounds how deep filters nest. `wanted` false: the opposite. */
	translate(filter: Filter, wanted: boolean): LabelFilter {
		switch (filter.kind) {
			case "and":
			case "or": {
				const parts = filter.of.map((part) => this.translate(part, wanted));
				return (filter.kind === "and") === wanted ? allOf(parts) : anyOf(parts);
			}
			case "not":
				return this.translate(filter.of, !wanted);
			case "compare":
				return filter.op === "!=" ? this.compare({ ...filter, op: "=" }, !wanted) : this.compare(filter, wanted);
			case "text":
				return this.text(filter.text, wanted);
		}
	}

	private compare({ field, op, value }: Compare, wanted: boolean): LabelFilter {
		switch (field) {
			case "service":
				return this.service(op, String(value), wanted);
			case "body":
				this.computed.set(BODY_LABEL, "`{{__line__}}`");
				return this.textual(BODY_LABEL, op, String(value), wanted, true);
			case "level":
				return this.level(op, String(value).toLowerCase(), wanted);
			case "traceId": {
				const id = op === "=" ? normaliseTraceId(String(value)) : null;
				return id === null ? constant(!wanted) : this.either(traceLabel(id), wanted);
			}
			case "spanId": {
				const id = op === "=" ? normaliseSpanId(String(value)) : null;
				return id === null ? constant(!wanted) : this.either(spanLabel(id), wanted);
			}
			default: {
				const parts = labelNames(field).map((name) => this.attribute(name, op, value, wanted));
				return wanted ? anyOf(parts) : allOf(parts);
			}
		}
	}

	/** `a=~"x" or b=~"x"`, or its opposite. */
	private either(condition: LabelFilter, wanted: boolean): LabelFilter {
		return wanted ? condition : condition.replaceAll('=~"', '!~"').replaceAll(" or ", " and ");
	}

	private service(op: CompareOp, value: string, wanted: boolean): LabelFilter {
		const { serviceLabel } = this.shape;
		if (serviceLabel !== null) return this.textual(serviceLabel, op, value, wanted, false);
		const same = new RegExp(`^(?:${patternOf(value)})$`, "s").test("unknown_service");
		return constant((op === "=" && same) === wanted);
	}

	private level(op: CompareOp, value: string, wanted: boolean): LabelFilter {
		const at = LEVELS.indexOf(value as LogLevel);
		const pattern = new RegExp(`^(?:${patternOf(value)})$`);
		const meant = LEVELS.filter((level, i) => {
			if (op === "=") return pattern.test(level);
			if (at < 0) return false;
			return op === ">" ? i > at : op === ">=" ? i >= at : op === "<" ? i < at : i <= at;
		});
		const asked = wanted ? meant : LEVELS.filter((level) => !meant.includes(level));
		return asked.length === 0 ? NEVER : asked.length === LEVELS.length ? ALWAYS : levelFilter(asked);
	}

	private attribute(name: string, op: CompareOp, value: Compare["value"], wanted: boolean): LabelFilter {
		if (typeof value === "boolean") {
			return op === "=" ? `${name}${wanted ? "=" : "!="}"${value}"` : constant(!wanted);
		}
		if (typeof value === "string") return this.textual(name, op, value, wanted, true);
		if (op === "=") return `${name}${wanted ? "=" : "!="}${quote(String(value))}`;
		const number = `${name}${wanted ? "=~" : "!~"}${quote(NUMBER_PATTERN)}`;
		if (value === -Number.MAX_VALUE && op === ">=") return number;
		if (!Number.isFinite(value)) return constant(!wanted);
		const compared = `${name} ${wanted ? op : OPPOSITE[op]} ${numberLiteral(value)}`;
		// Asked first: of a text that is no number, Loki's comparison only says that it failed.
		return wanted ? allOf([number, compared]) : anyOf([number, compared]);
	}

	/** A text in a label. Loki does not tell an empty label from none: `absent` says that none is not the empty text. */
	private textual(name: string, op: CompareOp, value: string, wanted: boolean, absent: boolean): LabelFilter {
		if (op !== "=") {
			// Label filters order numbers only.
			const computed = `trivet_order_${this.computed.size}`;
			// Templates of one stage do not see each other's labels.
			const held = name === BODY_LABEL ? "__line__" : `.${name}`;
			this.computed.set(computed, quote(`{{ ${TEMPLATE_OPS[op]} ${held} ${quote(value)} }}`));
			const ordered = `${computed}${wanted ? "=" : "!="}"true"`;
			if (!absent || name === BODY_LABEL) return ordered;
			return wanted ? allOf([`${name}!=""`, ordered]) : anyOf([`${name}=""`, ordered]);
		}
		const pattern = wildcardRegex(value);
		if (pattern === null) {
			const plain = withoutEscapes(value);
			if (plain === "" && absent && name !== BODY_LABEL) return constant(!wanted);
			return `${name}${wanted ? "=" : "!="}${quote(plain)}`;
		}
		if (/^(\.\*)+$/.test(pattern)) {
			if (name === BODY_LABEL) return constant(wanted);
			return `${name}${wanted ? "!=" : "="}""`;
		}
		return `${name}${wanted ? "=~" : "!~"}${quote(`(?s)${pattern}`)}`;
	}

	private text(text: string, wanted: boolean): LabelFilter {
		const { indexLabels } = this.shape;
		const left = [...new Set([...OWN_LABELS, ...RESOURCE_LABELS, ...indexLabels])].sort().map((name) => `"${name}"`);
		this.computed.set(
			TEXT_LABEL,
			`\`{{__line__}}{{ range $k, $v := . }}{{ if not (eq $k ${left.join(" ")}) }}{{ "\\x00" }}{{ $v }}{{ end }}{{ end }}\``,
		);
		return `${TEXT_LABEL}${wanted ? "=~" : "!~"}${quote(`(?is).*${escapeRegex(text)}.*`)}`;
	}
}

const OPPOSITE: Record<CompareOp, CompareOp> = { "=": "!=", "!=": "=", ">": "<=", ">=": "<", "<": ">=", "<=": ">" };
const TEMPLATE_OPS: Record<CompareOp, string> = { "=": "eq", "!=": "ne", ">": "gt", ">=": "ge", "<": "lt", "<=": "le" };

function constant(holds: boolean): LabelFilter {
	return holds ? ALWAYS : NEVER;
}

function numberLiteral(value: number): string {
	return String(value);
}

/** Is the label an attribute of the resource, as far as one can tell? Stream labels are. */
export function describesResource(label: string, isIndexLabel: boolean): boolean {
	return isIndexLabel || isResourceLabel(label) || isResourceLabel(attributeName(label));
}
