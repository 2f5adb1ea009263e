/** What a board's reader chooses at its top. */
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as red from "./red-promql.ts";
import { LOKI, PROMETHEUS } from "./sources.ts";

type Variable = dashboard.VariableModel;

export const engine = (type: "prometheus" | "loki" | "tempo"): Variable =>
	new dashboard.DatasourceVariableBuilder(type)
		.label(type === "prometheus" ? "Prometheus" : type === "loki" ? "Loki" : "Tempo")
		.description(`The ${type} data source that is asked`)
		.type(type)
		.build();

/** Grafana takes the text as it is: without a slash at its end. */
export const consoleUrl = (): Variable =>
	text("console", "Console", "Where Trivet's console is; links lead there", "http://localhost:3000");

/**
 * How far apart readings of a counter may be. Rates look back four times as far, so that they see two of them: a minute is what applications
 * that push do by default.
 */
export const readingsEvery = (): Variable =>
	choice("interval", "Readings every", ["15s", "30s", "1m", "2m", "5m"], "1m")
		.description(
			"As often as metrics are scraped or pushed. Rates look back four times as far; when it is too short, charts have gaps",
		)
		.build();

/** `by`: see `red.serviceLabel`. */
export const serviceLabel = (): Variable =>
	queried("by", red.serviceLabel(), "by")
		.label("Service label")
		.description(
			"The label that names the service in the applications' own metrics: the first of service_name, service and job that is there",
		)
		.build();

/** One service, of every RED profile. */
export const service = (): Variable =>
	queried("service", red.services(), "service").label("Service").description("Whose RED is shown below").build();

/** Several services, all to begin with. */
export const services = (): Variable =>
	several("service", "Services", red.services(), "service", "Whose numbers are shown");

/** Several of the values that `label` has in the answer of `expr`, all to begin with. */
export const several = (name: string, title: string, expr: string, label: string, description: string): Variable =>
	queried(name, expr, label)
		.label(title)
		.description(description)
		.multi(true)
		.includeAll(true)
		.allValue(".+")
		.current({ text: "All", value: "$__all" })
		.build();

/** Values of a label of Loki's streams. */
export const logServices = (): Variable =>
	new dashboard.QueryVariableBuilder("service")
		.label("Services")
		.description("Whose log lines are shown")
		.datasource(LOKI)
		.query({ label: "service_name", refId: "LokiVariableQueryEditor-VariableQuery", stream: "", type: 1 })
		.refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
		.sort(dashboard.VariableSort.AlphabeticalAsc)
		.multi(true)
		.includeAll(true)
		.allValue(".+")
		.current({ text: "All", value: "$__all" })
		.build();

/** Loki names levels so, whatever the writer called them. */
export const levels = (): Variable =>
	choice("level", "Levels", ["trace", "debug", "info", "warn", "error", "critical", "fatal", "unknown"], "")
		.description("Which levels are counted and shown")
		.multi(true)
		.includeAll(true)
		.allValue(".*")
		.current({ text: "All", value: "$__all" })
		.build();

/** Patterns are made of every line that is looked at, which takes Loki ten times as long as counting it. */
export const patternLevels = (): Variable =>
	new dashboard.CustomVariableBuilder("patterns")
		.label("Patterns of")
		.description("Whose patterns are shown; those of all levels take long where there are many lines")
		.values(PATTERN_LEVELS.map(([text, value]) => `${text} : ${value}`).join(","))
		.current({ text: PATTERN_LEVELS[0][0], value: PATTERN_LEVELS[0][1] })
		.options(PATTERN_LEVELS.map(([text, value], i) => ({ text, value, selected: i === 0 })))
		.build();

const PATTERN_LEVELS = [
	["warnings and errors", "warn|error|critical|fatal"],
	["all levels", ".*"],
] as const;

export const text = (name: string, label: string, description: string, value = ""): Variable =>
	new dashboard.TextBoxVariableBuilder(name)
		.label(label)
		.description(description)
		.defaultValue(value)
		.current({ text: value, value })
		.build();

/** The values that `label` has in the answer of `expr`. */
export function queried(name: string, expr: string, label: string): dashboard.QueryVariableBuilder {
	const query = `query_result(${expr})`;
	return new dashboard.QueryVariableBuilder(name)
		.datasource(PROMETHEUS)
		.query({ qryType: 3, query, refId: "PrometheusVariableQueryEditor-VariableQuery" })
		.definition(query)
		.regex(`/${label}="([^"]+)"/`)
		.refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
		.sort(dashboard.VariableSort.AlphabeticalAsc);
}

function choice(
	name: string,
	label: string,
	values: readonly string[],
	chosen: string,
): dashboard.CustomVariableBuilder {
	return new dashboard.CustomVariableBuilder(name)
		.label(label)
		.values(values.join(","))
		.current({ text: chosen, value: chosen })
		.options(values.map((value) => ({ text: value, value, selected: value === chosen })));
}
