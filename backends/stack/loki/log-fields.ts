/** Known fields of log lines and their values, from Loki's labels and from what it detects in a sample. */
import { z } from "zod";
import type { TimeWindow } from "../../../core/model.ts";
import type { Answer, Call } from "../../../core/ports.ts";
import type { Engine } from "../engine.ts";
import { attributeName, labelNames } from "./attribute-names.ts";
import { LEVELS } from "./log-level.ts";
import { type Partition, selector } from "./stream-map.ts";

export interface FieldQuery {
	field?: string;
	window: TimeWindow;
	prefix?: string;
}

const INTRINSICS = ["service", "level", "body", "traceId", "spanId"];
const HIDDEN = new Set([
	"detected_level",
	"severity_number",
	"severity_text",
	"trace_id",
	"span_id",
	"observed_timestamp",
	"flags",
]);
/** Lines that Loki reads to see which fields there are. */
const SAMPLE_LINES = "2000";

const valuesSchema = z.object({ data: z.array(z.string()).nullish() });
const fieldsSchema = z.object({
	fields: z.array(z.object({ label: z.string(), parsers: z.array(z.string()).nullish() })).nullish(),
});
const fieldValuesSchema = z.object({ values: z.array(z.string()).nullish() });

export async function readFields(
	engine: Engine,
	partitions: readonly Partition[],
	query: FieldQuery,
	call: Call,
): Promise<Answer<{ value: string; count: number }[]>> {
	const { field, window } = query;
	const found = await (field === undefined
		? knownFields(engine, partitions, window, call)
		: knownValues(engine, partitions, field, window, call));
	const prefix = query.prefix?.toLowerCase() ?? "";
	const values = [...new Set(found)].filter((value) => value.toLowerCase().startsWith(prefix));
	return {
		data: values.slice(0, call.limit).map((value) => ({ value, count: 0 })),
		status: values.length === 0 ? "empty" : "ok",
		reasons:
			values.length > 0
				? []
				: [
						field === undefined
							? "Loki holds no log line of this window"
							: `among the lines that Loki looked at none has a field ${JSON.stringify(field)}`,
					],
		source: "loki",
		window,
		query: field === undefined ? "labels, detected_fields" : `values of ${field}`,
	};
}

function timesOf(window: TimeWindow): Record<string, string> {
	return { start: String(window.fromUnixNano), end: String(window.toUnixNano) };
}

async function knownFields(
	engine: Engine,
	partitions: readonly Partition[],
	window: TimeWindow,
	call: Call,
): Promise<string[]> {
	const detected = await Promise.all(
		partitions.map((partition) =>
			engine.json(
				fieldsSchema,
				{
					path: "/loki/api/v1/detected_fields",
					params: { ...timesOf(window), query: selector(partition), line_limit: SAMPLE_LINES, limit: "500" },
				},
				call,
			),
		),
	);
	const labels = [
		...partitions.flatMap(({ indexLabels }) => indexLabels),
		// Fields that only a parser finds are in the text: a search does not see them as fields.
		...detected.flatMap((answer) => (answer?.fields ?? []).filter((f) => !f.parsers?.length).map((f) => f.label)),
	];
	const names = labels.filter((label) => !HIDDEN.has(label) && !label.startsWith("__")).map(attributeName);
	return [...INTRINSICS, ...names.filter((name) => name !== "service.name").sort()];
}

async function knownValues(
	engine: Engine,
	partitions: readonly Partition[],
	field: string,
	window: TimeWindow,
	call: Call,
): Promise<string[]> {
	if (field === "level") return LEVELS.filter((level) => level !== "unspecified");
	const found = await Promise.all(
		partitions.map((partition) => {
			const names = field === "service" ? [partition.serviceLabel ?? "service_name"] : labelNames(field);
			return Promise.all(names.map((name) => valuesOf(engine, partition, name, window, call)));
		}),
	);
	return found.flat(2).sort();
}

async function valuesOf(
	engine: Engine,
	partition: Partition,
	name: string,
	window: TimeWindow,
	call: Call,
): Promise<string[]> {
	const params = { ...timesOf(window), query: selector(partition) };
	if (partition.indexLabels.includes(name)) {
		const answer = await engine.json(valuesSchema, { path: `/loki/api/v1/label/${name}/values`, params }, call);
		return answer?.data ?? [];
	}
	const asked = {
		path: `/loki/api/v1/detected_field/${name}/values`,
		params: { ...params, line_limit: SAMPLE_LINES, limit: "1000" },
	};
	return (await engine.json(fieldValuesSchema, asked, call))?.values ?? [];
}
