/** One question of a panel to Prometheus, Loki or Tempo. */
import * as loki from "@grafana/grafana-foundation-sdk/loki";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import * as tempo from "@grafana/grafana-foundation-sdk/tempo";
import { LOKI, PROMETHEUS, TEMPO } from "./sources.ts";

export type Query = prometheus.DataqueryBuilder | loki.DataqueryBuilder | tempo.DataqueryBuilder;

export interface Line {
	legend?: string;
	/** Dots that open their trace, where the metric has exemplars. */
	exemplars?: boolean;
}

/** Over the time range, a line for each series. */
export function lines(expr: string, { legend = "__auto", exemplars = false }: Line = {}): prometheus.DataqueryBuilder {
	return range(expr).legendFormat(legend).exemplar(exemplars);
}

/** Over the time range, buckets for a heatmap. */
export function buckets(expr: string): prometheus.DataqueryBuilder {
	return range(expr).legendFormat("{{le}}").format(prometheus.PromQueryFormat.Heatmap).exemplar(true);
}

/** At the end of the time range, a row for each series. */
export function rows(expr: string): prometheus.DataqueryBuilder {
	return new prometheus.DataqueryBuilder()
		.datasource(PROMETHEUS)
		.expr(expr)
		.instant()
		.format(prometheus.PromQueryFormat.Table)
		.editorMode(prometheus.QueryEditorMode.Code);
}

/** At the end of the time range. */
export function now(expr: string, legend = "__auto"): prometheus.DataqueryBuilder {
	return rows(expr).format(prometheus.PromQueryFormat.TimeSeries).legendFormat(legend);
}

function range(expr: string): prometheus.DataqueryBuilder {
	return new prometheus.DataqueryBuilder()
		.datasource(PROMETHEUS)
		.expr(expr)
		.range()
		.interval("$interval")
		.editorMode(prometheus.QueryEditorMode.Code);
}

export function logLines(expr: string): loki.DataqueryBuilder {
	return new loki.DataqueryBuilder()
		.datasource(LOKI)
		.expr(expr)
		.queryType("range")
		.editorMode(loki.QueryEditorMode.Code);
}

export function logCounts(expr: string, legend: string): loki.DataqueryBuilder {
	return logLines(expr).legendFormat(legend);
}

export function logRows(expr: string): loki.DataqueryBuilder {
	return logLines(expr).queryType("instant");
}

/** A whole trace: `id` is a variable. */
export function wholeTrace(id: string): tempo.DataqueryBuilder {
	return new tempo.DataqueryBuilder().datasource(TEMPO).queryType("traceql").query(id).filters([]);
}

export function spans(traceql: string, limit: number): tempo.DataqueryBuilder {
	return new tempo.DataqueryBuilder()
		.datasource(TEMPO)
		.queryType("traceql")
		.query(traceql)
		.tableType(tempo.SearchTableType.Spans)
		.limit(limit)
		.spss(limit)
		.filters([]);
}

/** Grafana asks the Prometheus that the Tempo data source names for its service graph. */
export function serviceMap(): tempo.DataqueryBuilder {
	return new tempo.DataqueryBuilder().datasource(TEMPO).queryType("serviceMap").filters([]);
}
