/** Kinds of panel, each with what every panel must have: what it shows, in which unit, and where to go from it. */
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import * as common from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as heatmapPanel from "@grafana/grafana-foundation-sdk/heatmap";
import * as logsPanel from "@grafana/grafana-foundation-sdk/logs";
import * as nodeGraphPanel from "@grafana/grafana-foundation-sdk/nodegraph";
import * as statPanel from "@grafana/grafana-foundation-sdk/stat";
import * as tablePanel from "@grafana/grafana-foundation-sdk/table";
import * as timeseriesPanel from "@grafana/grafana-foundation-sdk/timeseries";
import { linksOf, type Way } from "./links.ts";
import type { Query } from "./queries.ts";

export type Panel = Builder<dashboard.Panel>;

/** Grafana's names of units. */
export type Unit =
	| "s"
	| "ms"
	| "ns"
	| "reqps"
	| "ops"
	| "cps"
	| "percentunit"
	| "bytes"
	| "short"
	| "none"
	| "currencyUSD";

export interface Spec {
	title: string;
	description: string;
	unit: Unit;
	/** Of 24. */
	w: number;
	h: number;
	queries: readonly Query[];
	/** Of the panel as a whole. */
	links?: readonly Way[];
	/** Of a series, a point, a row. */
	dataLinks?: readonly Way[];
}

/** Steps of colour: from the value on. The first is the base. */
export type Steps = readonly (readonly [from: number | null, color: string])[];
export const TROUBLE: Steps = [
	[null, "green"],
	[0.01, "yellow"],
	[0.05, "red"],
];
export const NEUTRAL: Steps = [[null, "text"]];

/** What the SDK's builders of panels can all do. */
interface AnyPanel {
	title(title: string): unknown;
	description(description: string): unknown;
	unit(unit: string): unknown;
	height(height: number): unknown;
	span(width: number): unknown;
	targets(targets: Builder<Dataquery>[]): unknown;
	links(links: Builder<dashboard.DashboardLink>[]): unknown;
	dataLinks(links: Builder<dashboard.DashboardLink>[]): unknown;
	datasource(source: common.DataSourceRef): unknown;
}

function filled<P extends AnyPanel>(panel: P, { title, description, unit, w, h, queries, links, dataLinks }: Spec): P {
	queries.forEach((query, i) => void query.refId(String.fromCharCode(65 + i)));
	const source = queries[0]?.build().datasource;
	panel.title(title);
	panel.description(description);
	panel.unit(unit);
	panel.height(h);
	panel.span(w);
	panel.targets([...queries]);
	if (source) panel.datasource(source);
	if (links) panel.links(linksOf(links));
	if (dataLinks) panel.dataLinks(linksOf(dataLinks));
	return panel;
}

export interface ChartSpec extends Spec {
	stacked?: boolean;
	/** No point stands for less time than this, however short the range: `15s`. */
	least?: string;
	/** Of what is counted: a bar for each point, and in the legend how much it is over the time range. */
	counts?: boolean;
	/** What the axis shows at least. */
	max?: number;
	/** Lines across the chart. */
	steps?: Steps;
}

export function chart({
	stacked = false,
	least,
	counts = false,
	max,
	steps,
	...spec
}: ChartSpec): timeseriesPanel.PanelBuilder {
	const panel = filled(new timeseriesPanel.PanelBuilder(), spec)
		.lineWidth(1)
		.fillOpacity(stacked ? 40 : 8)
		.showPoints(common.VisibilityMode.Never)
		.axisSoftMin(0)
		.legend(
			new common.VizLegendOptionsBuilder()
				.displayMode(counts ? common.LegendDisplayMode.Table : common.LegendDisplayMode.List)
				.placement(counts ? common.LegendPlacement.Right : common.LegendPlacement.Bottom)
				.showLegend(true)
				.calcs(counts ? ["sum"] : []),
		)
		.tooltip(
			new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
		);
	if (least !== undefined) panel.interval(least);
	if (counts) panel.drawStyle(common.GraphDrawStyle.Bars);
	if (max !== undefined) panel.axisSoftMax(max);
	if (steps) {
		panel
			.thresholds(stepsOf(steps))
			.thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed));
	}
	if (stacked) panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group("A"));
	return panel;
}

export function stat({ steps = NEUTRAL, ...spec }: Spec & { steps?: Steps }): statPanel.PanelBuilder {
	return filled(new statPanel.PanelBuilder(), spec)
		.reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]).fields("").values(false))
		.colorMode(common.BigValueColorMode.Value)
		.graphMode(common.BigValueGraphMode.Area)
		.noValue("–")
		.thresholds(stepsOf(steps));
}

/** Counts of calls by their latency; its exemplars open their traces. */
export function heatmap(spec: Spec): heatmapPanel.PanelBuilder {
	return filled(new heatmapPanel.PanelBuilder(), spec)
		.calculate(false)
		.color(
			new heatmapPanel.HeatmapColorOptionsBuilder()
				.mode(heatmapPanel.HeatmapColorMode.Scheme)
				.scheme("Oranges")
				.fill("dark-orange")
				.exponent(0.5)
				.steps(64)
				.reverse(false),
		)
		.yAxis(
			new heatmapPanel.YAxisConfigBuilder()
				.unit(spec.unit)
				.axisPlacement(common.AxisPlacement.Left)
				.reverse(false)
				.decimals(2),
		)
		.cellValues(new heatmapPanel.CellValuesBuilder().unit("short").decimals(0))
		.rowsFrame(new heatmapPanel.RowsHeatmapOptionsBuilder().layout(common.HeatmapCellLayout.Auto))
		.filterValues(new heatmapPanel.FilterValueRangeBuilder().le(1e-9))
		.exemplarsColor("rgba(80,170,255,0.9)")
		.showLegend()
		.tooltip(
			new heatmapPanel.HeatmapTooltipBuilder()
				.mode(common.TooltipDisplayMode.Single)
				.yHistogram(true)
				.showColorScale(true),
		);
}

/** A column of a table: the field as the queries name it (`Value #B`, a label), its heading, its unit. */
export interface Column {
	field: string;
	title: string;
	unit?: Unit;
	links?: readonly Way[];
	steps?: Steps;
	width?: number;
}

/** Rows of several queries joined by their labels. What is no column is hidden. */
export function table({
	columns,
	sort,
	hidden = ["Time"],
	...spec
}: Spec & { columns: readonly Column[]; sort?: string; hidden?: readonly string[] }): tablePanel.PanelBuilder {
	const panel = filled(new tablePanel.PanelBuilder(), spec)
		.withTransformation({ id: "merge", options: {} })
		.withTransformation({
			id: "organize",
			options: {
				excludeByName: Object.fromEntries(hidden.map((name) => [name, true])),
				includeByName: {},
				indexByName: Object.fromEntries(columns.map(({ field }, i) => [field, i])),
				renameByName: Object.fromEntries(columns.map(({ field, title }) => [field, title])),
			},
		})
		.showHeader(true)
		.cellHeight(common.TableCellHeight.Sm)
		.filterable(true)
		.thresholds(stepsOf(NEUTRAL));
	for (const { title, unit, links, steps, width } of columns) {
		const properties: dashboard.DynamicConfigValue[] = [];
		if (unit) properties.push({ id: "unit", value: unit });
		if (links) properties.push({ id: "links", value: linksOf(links).map((link) => slim(link)) });
		if (width) properties.push({ id: "custom.width", value: width });
		if (steps) {
			properties.push({ id: "thresholds", value: stepsOf(steps).build() });
			properties.push({ id: "custom.cellOptions", value: { type: "color-text" } });
		}
		if (properties.length > 0) panel.overrideByName(title, properties);
	}
	if (sort) panel.sortBy([new common.TableSortByFieldStateBuilder().displayName(sort).desc(true)]);
	return panel;
}

/** Rows as the engine gives them: searches of Tempo. */
export function plainTable(spec: Spec): tablePanel.PanelBuilder {
	return filled(new tablePanel.PanelBuilder(), spec)
		.showHeader(true)
		.cellHeight(common.TableCellHeight.Sm)
		.filterable(true);
}

/** Lines as they were written, newest first. */
export function logs(spec: Spec): logsPanel.PanelBuilder {
	return filled(new logsPanel.PanelBuilder(), spec)
		.showTime(true)
		.wrapLogMessage(true)
		.prettifyLogMessage(false)
		.enableLogDetails(true)
		.dedupStrategy(common.LogsDedupStrategy.None)
		.sortOrder(common.LogsSortOrder.Descending);
}

export function nodeGraph(spec: Spec): nodeGraphPanel.PanelBuilder {
	return filled(new nodeGraphPanel.PanelBuilder(), spec);
}

/** Grafana's trace view, for which the SDK has no panel of its own. */
export function traceView(spec: Spec): dashboard.PanelBuilder {
	return filled(new dashboard.PanelBuilder().type("traces"), spec);
}

export function stepsOf(steps: Steps): dashboard.ThresholdsConfigBuilder {
	return new dashboard.ThresholdsConfigBuilder()
		.mode(dashboard.ThresholdsMode.Absolute)
		.steps(steps.map(([value, color]) => ({ value, color })));
}

/** A link of a field has three parts of what a link of a board has. */
function slim(link: dashboard.DashboardLinkBuilder): { title: string; url: string; targetBlank: boolean } {
	const { title, url = "", targetBlank } = link.build();
	return { title, url, targetBlank };
}
