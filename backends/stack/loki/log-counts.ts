/** How much each service logged, and how many of it errors, by one metric query. */
import { z } from "zod";
import type { TimeWindow } from "../../../core/model.ts";
import type { Call } from "../../../core/ports.ts";
import { later } from "../../../core/time.ts";
import type { Engine } from "../engine.ts";
import { severityOf } from "./log-level.ts";
import { serviceOf } from "./log-records.ts";
import { escapeRegex, quote } from "./logql.ts";
import { type Partition, selector } from "./stream-map.ts";

export interface LogCounts {
	logs: number;
	errors: number;
	environments: string[];
	lastSeenUnixNano: bigint;
}

const STEPS = 60n;
const MILLISECOND = 1_000_000n;

const matrixSchema = z.object({
	data: z.object({
		resultType: z.literal("matrix"),
		result: z.array(
			z.object({
				metric: z.record(z.string(), z.string()),
				values: z.array(z.tuple([z.number(), z.string()])),
			}),
		),
	}),
});

/** Adds the lines of one kind of stream in the window to `counts`. */
export async function readCounts(
	engine: Engine,
	partition: Partition,
	{ fromUnixNano, toUnixNano }: TimeWindow,
	call: Call,
	counts: Map<string, LogCounts>,
): Promise<void> {
	const length = toUnixNano - fromUnixNano;
	if (length <= 0n) return;
	// Durations of LogQL are whole milliseconds. What is left over, less than a millisecond a step, is not counted.
	const steps = length < STEPS * MILLISECOND ? 1n : STEPS;
	const step = later(length / steps / MILLISECOND, 1n) * MILLISECOND;
	const by = [
		partition.serviceLabel,
		"deployment_environment_name",
		"deployment_environment",
		"severity_number",
		"detected_level",
	];
	const names = call.excludeEnvironments.map(escapeRegex).join("|");
	const left =
		names === "" ? "" : ` | deployment_environment_name!~${quote(names)} | deployment_environment!~${quote(names)}`;
	const range = `${step / MILLISECOND}ms`;
	const grouped = by.filter((label) => label !== null).join(", ");
	const query = `sum by (${grouped}) (count_over_time(${selector(partition)}${left} [${range}]))`;
	// A point counts the lines after the one before it up to its own time, which is included: a nanosecond earlier is our window.
	const last = toUnixNano - 1n;
	const first = last - (steps - 1n) * step;
	const answer = await engine.json(
		matrixSchema,
		{
			path: "/loki/api/v1/query_range",
			params: { query, start: String(first), end: String(last), step: range },
			form: true,
		},
		call,
	);
	for (const { metric, values } of answer?.data.result ?? []) {
		const service = serviceOf((name) => metric[name]);
		const known = counts.get(service) ?? { logs: 0, errors: 0, environments: [], lastSeenUnixNano: 0n };
		counts.set(service, known);
		const environment = metric.deployment_environment_name ?? metric.deployment_environment;
		if (environment && !known.environments.includes(environment)) known.environments.push(environment);
		const { level } = severityOf((name) => metric[name]);
		for (const [seconds, value] of values) {
			const lines = Number(value);
			if (!(lines > 0)) continue;
			known.logs += lines;
			if (level === "error" || level === "fatal") known.errors += lines;
			const at = BigInt(Math.round(seconds * 1000)) * 1_000_000n;
			if (at > known.lastSeenUnixNano) known.lastSeenUnixNano = at < toUnixNano ? at : toUnixNano - 1n;
		}
	}
}
