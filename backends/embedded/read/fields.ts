/** Known fields and their values: what a search box offers. Counted over the newest rows of the window, which is what people look for. */
import { type Signal, SPAN_KINDS, STATUS_CODES, type TimeWindow } from "../../../core/model.ts";
import type { Answer, Call } from "../../../core/ports.ts";
import type { Database, SqlValue } from "../store/database.ts";
import { answer, environmentFilter, withDeadline } from "./answer.ts";
import { statement } from "./statement-file.ts";

interface FieldQuery {
	signal: Signal;
	field?: string;
	window: TimeWindow;
	prefix?: string;
}

type Counted = { value: string; count: number }[];

/** Rows that are read for attribute keys and values. */
const SAMPLE = 20_000n;

const INTRINSICS: Record<Signal, readonly string[]> = {
	traces: ["service", "name", "kind", "status", "duration", "traceId", "spanId", "root.name", "root.service"],
	logs: ["service", "level", "body", "traceId", "spanId"],
	metrics: ["service", "metric"],
};

const TABLES = { traces: "spans", logs: "logs", metrics: "points" } as const;

export function createFieldReader(db: Database) {
	return {
		fields(query: FieldQuery, call: Call): Promise<Answer<Counted>> {
			return withDeadline(call, async (signal) => {
				const values = await (query.field === undefined
					? knownFields(db, query, call, signal)
					: knownValues(db, query, query.field, call, signal));
				const about = {
					query: query.field === undefined ? `fields of ${query.signal}` : `values of ${query.field}`,
					window: query.window,
					whenEmpty: [
						query.field === undefined
							? `no ${query.signal} of this window were received`
							: `nothing among the newest ${SAMPLE} rows of this window has a field ${JSON.stringify(query.field)}`,
					],
				};
				return answer(about, values.slice(0, call.limit), { isEmpty: values.length === 0 });
			});
		},
	};
}

/** Adds what every statement about fields needs, and gives its parts. */
function parts(db: Database, query: FieldQuery, call: Call, params: Record<string, SqlValue>) {
	Object.assign(params, {
		from: query.window.fromUnixNano,
		to: query.window.toUnixNano,
		prefix: query.prefix?.toLowerCase() ?? "",
		limit: call.limit,
	});
	const environments = environmentFilter(call, params);
	if (query.signal === "metrics") return { rows: "series", environments, time: "" };
	return {
		rows: db.from(TABLES[query.signal], query.window),
		environments,
		time: query.signal === "traces" ? "start_ns" : "time_ns",
	};
}

async function knownFields(db: Database, query: FieldQuery, call: Call, signal: AbortSignal): Promise<Counted> {
	const params: Record<string, SqlValue> = {};
	const { rows, environments, time } = parts(db, query, call, params);
	const prefix = query.prefix?.toLowerCase() ?? "";
	const intrinsics = INTRINSICS[query.signal]
		.filter((field) => field.toLowerCase().startsWith(prefix))
		.map((value) => ({ value, count: 0 }));
	const sql =
		query.signal === "metrics"
			? statement(import.meta.url, "field-keys-of-series", { environments })
			: statement(import.meta.url, "field-keys", { rows, environments, time, sample: String(SAMPLE) });
	const found = await db.all<{ value: string; count: number }>(sql, params, signal);
	const named = new Set(intrinsics.map((field) => field.value));
	return [...intrinsics, ...found.filter((field) => !named.has(field.value))];
}

async function knownValues(
	db: Database,
	query: FieldQuery,
	field: string,
	call: Call,
	signal: AbortSignal,
): Promise<Counted> {
	const params: Record<string, SqlValue> = {};
	const { rows, environments, time } = parts(db, query, call, params);
	const words = { kind: SPAN_KINDS, status: STATUS_CODES }[field];
	if (query.signal === "traces" && words !== undefined) {
		const sql = statement(import.meta.url, "field-numbers", { rows, environments, time, column: field });
		const found = await db.all<{ value: number; count: number }>(sql, params, signal);
		return found
			.map(({ value, count }) => ({ value: words[value] ?? "", count }))
			.filter(({ value }) => value.startsWith(query.prefix ?? ""));
	}
	const column = COLUMNS[query.signal][field];
	if (query.signal === "metrics") {
		const value = column ?? attributeValue(field, params);
		return db.all(statement(import.meta.url, "field-values-of-series", { environments, value }), params, signal);
	}
	if (column !== undefined) {
		return db.all(
			statement(import.meta.url, "field-values", { rows, environments, time, value: column }),
			params,
			signal,
		);
	}
	const value = attributeValue(field, params);
	params.quoted = JSON.stringify(field);
	return db.all(
		statement(import.meta.url, "field-attribute", { rows, environments, time, value, sample: String(SAMPLE) }),
		params,
		signal,
	);
}

const COLUMNS: Record<Signal, Record<string, string>> = {
	traces: { service: "service", name: "name", "http.route": "route", "root.name": "name", "root.service": "service" },
	logs: { service: "service", level: "severity_text" },
	metrics: { service: "service", metric: "metric" },
};

function attributeValue(field: string, params: Record<string, SqlValue>): string {
	params.pointer = `/${field.replaceAll("~", "~0").replaceAll("/", "~1")}`;
	return "json_extract_string(attributes, $pointer)";
}
