import type { RedSeries, RedSummary } from "../../core/ports.ts";
import { chooseStep } from "../../core/red.ts";
import { msToNano, nanoToMs } from "../../core/time.ts";
import type { Endpoint, NoParams } from "./endpoint.ts";
import { ProblemError } from "./problem.ts";
import { type RedSeriesAnswer, redAnswerSchema, redQuery } from "./schema.ts";
import { section } from "./section.ts";

const MAX_POINTS = 2_000;

export function redSeriesAnswer(series: RedSeries): RedSeriesAnswer {
	return {
		service: series.service,
		route: series.route,
		source: series.source,
		summary: redSummary(series.summary),
		points: series.points.map((point) => ({ timeMs: nanoToMs(point.timeUnixNano), ...redSummary(point) })),
	};
}

function redSummary({ calls, errors, rate, errorRate, p50Ms, p95Ms, p99Ms }: RedSummary): RedSummary {
	return { calls, errors, rate, errorRate, p50Ms, p95Ms, p99Ms };
}

export const red: Endpoint<typeof redQuery, NoParams, typeof redAnswerSchema> = {
	path: "/api/red",
	summary: "Rate, errors and duration of services or of one service's routes, as charts' points",
	query: redQuery,
	answer: redAnswerSchema,
	async run({ query, window, call, services }) {
		const over = window(query);
		const stepNs = query.stepMs === undefined ? chooseStep(over) : msToNano(query.stepMs);
		if ((over.toUnixNano - over.fromUnixNano) / stepNs > MAX_POINTS) {
			throw new ProblemError(400, "Too many points", `step=${query.stepMs} ms makes more than ${MAX_POINTS} points.`, [
				"Leave step out, or make it longer.",
			]);
		}
		const found = await services.backend.metrics.red(
			{
				...(query.service === undefined ? {} : { services: [query.service] }),
				...(query.route === undefined ? {} : { route: query.route }),
				byRoute: query.byRoute === "true",
				window: over,
				stepNs,
			},
			call({ limit: 1000, hideDemo: query.hideDemo === "true" }),
		);
		return { ...section(found), stepMs: Number(stepNs / 1_000_000n), series: found.data.map(redSeriesAnswer) };
	},
};
