/** What all boards have in common: names, links, variables, and panels that have ids and a place. */
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import type { Panel } from "./panels.ts";

export interface Row {
	title: string;
	/** From left to right, then the next line; a line is 24 wide. */
	panels: readonly Panel[];
}

export interface BoardSpec {
	/** Also the name of its file. */
	uid: string;
	title: string;
	description: string;
	/** For the table in the docs: what it shows nothing without. */
	needs: string;
	from?: string;
	variables: readonly dashboard.VariableModel[];
	rows: readonly Row[];
}

export interface Board {
	spec: BoardSpec;
	json: dashboard.Dashboard;
}

const TAG = "trivet";

export function board(spec: BoardSpec): Board {
	const builder = new dashboard.DashboardBuilder(spec.title)
		.uid(spec.uid)
		.description(spec.description)
		.tags([TAG])
		.timezone("browser")
		.tooltip(dashboard.DashboardCursorSync.Crosshair)
		.time({ from: spec.from ?? "now-1h", to: "now" })
		.refresh("30s")
		.version(1)
		.links([
			new dashboard.DashboardLinkBuilder("Boards")
				.type(dashboard.DashboardLinkType.Dashboards)
				.tags([TAG])
				.asDropdown(false)
				.includeVars(true)
				.keepTime(true),
			new dashboard.DashboardLinkBuilder("Trivet's console")
				.type(dashboard.DashboardLinkType.Link)
				.icon("external link")
				.tooltip("The same time range in Trivet's console")
				.url("${console:raw}")
				.targetBlank(true)
				.keepTime(true),
		])
		.variables(spec.variables.map(built));
	for (const row of spec.rows) {
		builder.withRow(new dashboard.RowBuilder(row.title));
		for (const panel of row.panels) builder.withPanel(panel);
	}
	const json = builder.build();
	json.panels?.forEach((panel, i) => {
		panel.id = i + 1;
	});
	return { spec, json };
}

function built<T>(value: T): Builder<T> {
	return { build: () => value };
}
