"use client";
/** The topology page: who calls whom, rebuilt from spans, with what it knows and what it does not. */
import { Autocomplete, Button, SegmentedControl, Select } from "@mantine/core";
import { parseAsFloat, parseAsInteger, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { useState } from "react";
import type { Topology } from "../../client/api.ts";
import { useTopology } from "../../client/queries.ts";
import { formatPercent, formatWhole, plural } from "../../ui/format.ts";
import { EdgeTable } from "./EdgeTable.tsx";
import classes from "./Topology.module.css";
import { TopologyEmpty } from "./TopologyEmpty.tsx";
import { TopologyGraph } from "./TopologyGraph.tsx";
import { TopologyPanel } from "./TopologyPanel.tsx";
import { matchingNodes, type VisibleGraph, visibleGraph } from "./visible-graph.ts";

const THRESHOLDS = [
	{ value: "0", label: "All traffic" },
	{ value: "0.0167", label: "≥ 1/min" },
	{ value: "0.1", label: "≥ 0.1/s" },
	{ value: "1", label: "≥ 1/s" },
	{ value: "10", label: "≥ 10/s" },
];

const parsers = {
	focus: parseAsString,
	depth: parseAsInteger.withDefault(1),
	/** Node id or edge id. */
	sel: parseAsString,
	min: parseAsFloat.withDefault(0),
	as: parseAsStringLiteral(["graph", "table"]).withDefault("graph"),
};

export function TopologyView() {
	const [state, set] = useQueryStates(parsers, { history: "push" });
	const { data, error, isPending, refetch } = useTopology(
		state.focus === null ? {} : { focus: state.focus, depth: state.depth },
	);
	const graph = data && visibleGraph(data, state.min);
	const names = new Map(data?.nodes.map(({ id, name }) => [id, name]));

	return (
		<div className={classes.page}>
			<div className={classes.bar}>
				<h1>Topology</h1>
				<NodeSearch topology={data} onFound={(id) => set({ sel: id })} />
				{state.focus !== null && (
					<>
						<Button size="compact-sm" variant="light" onClick={() => set({ focus: null, depth: null })}>
							Around {names.get(state.focus) ?? state.focus} ✕
						</Button>
						<SegmentedControl
							size="xs"
							aria-label="Steps from it"
							data={["1", "2", "3"]}
							value={String(state.depth)}
							onChange={(depth) => set({ depth: Number(depth) })}
						/>
					</>
				)}
				<span className={classes.grow} />
				<Select
					size="xs"
					w={120}
					aria-label="Hide quiet edges"
					data={THRESHOLDS}
					allowDeselect={false}
					value={THRESHOLDS.find(({ value }) => Number(value) === state.min)?.value ?? "0"}
					onChange={(min) => set({ min: Number(min ?? 0) })}
				/>
				<SegmentedControl
					size="xs"
					aria-label="Show as"
					data={[
						{ value: "graph", label: "Graph" },
						{ value: "table", label: "Table" },
					]}
					value={state.as}
					onChange={(as) => set({ as: as as "graph" | "table" })}
				/>
			</div>
			{graph && graph.nodes.length > 0 ? (
				<>
					<div className={classes.body}>
						{state.as === "graph" ? (
							<TopologyGraph graph={graph} selected={state.sel} onSelect={(sel) => set({ sel })} />
						) : (
							<div className={classes.wide}>
								<EdgeTable
									edges={graph.edges}
									heading="edge"
									name={({ caller, callee }) => `${names.get(caller) ?? caller} → ${names.get(callee) ?? callee}`}
									onSelect={(sel) => set({ sel })}
								/>
							</div>
						)}
						<TopologyPanel
							topology={data}
							selected={state.sel}
							onSelect={(sel) => set({ sel })}
							onFocus={(focus) => set({ focus, sel: focus })}
						/>
					</div>
					<Coverage topology={data} graph={graph} />
				</>
			) : (
				<TopologyEmpty pending={isPending} error={error} answer={data} onRetry={() => refetch()} />
			)}
		</div>
	);
}

function NodeSearch({ topology, onFound }: { topology: Topology | undefined; onFound: (id: string) => void }) {
	const [text, setText] = useState("");
	const matches = matchingNodes(topology?.nodes ?? [], text).slice(0, 12);
	const data =
		text.trim() === "" ? [] : [...new Map(matches.map(({ id, name }) => [id, { value: id, label: name }])).values()];
	return (
		<Autocomplete
			size="xs"
			w={200}
			placeholder="Find a service…"
			aria-label="Find a service"
			data={data.map(({ value }) => value)}
			renderOption={({ option }) => data.find(({ value }) => value === option.value)?.label ?? option.value}
			filter={({ options }) => options}
			value={text}
			onChange={setText}
			onOptionSubmit={(id) => {
				onFound(id);
				setText("");
			}}
			onKeyDown={(event) => {
				const first = matches[0];
				if (event.key === "Enter" && first) onFound(first.id);
			}}
		/>
	);
}

/** What the graph is made of, and what could not be told: a partial picture says so. */
function Coverage({ topology, graph }: { topology: Topology; graph: VisibleGraph }) {
	const { coverage } = topology;
	const unmatched = coverage.unmatchedClients + coverage.unmatchedProducers;
	return (
		<footer className={classes.coverage} data-testid="topology-coverage">
			<span>{formatWhole(coverage.spans)} spans</span>
			<span>{formatWhole(coverage.paired)} pairs found</span>
			{unmatched > 0 && (
				<span className={classes.warn}>
					{plural(coverage.unmatchedClients, "client")} and {plural(coverage.unmatchedProducers, "producer")} whose
					other side no span shows
				</span>
			)}
			{coverage.orphans > 0 && (
				<span className={classes.warn}>{formatWhole(coverage.orphans)} spans whose parent was never seen</span>
			)}
			{coverage.meanWeight > 1.001 && (
				<span>sampled: {formatPercent(1 / coverage.meanWeight)} of the traffic, figures are scaled up</span>
			)}
			{graph.hiddenNodes + graph.hiddenEdges > 0 && (
				<span className={classes.warn}>
					hidden: {plural(graph.hiddenNodes, "node")}, {plural(graph.hiddenEdges, "edge")}
				</span>
			)}
			{topology.status !== "partial" && <span className={classes.grow} />}
			{topology.status === "partial" && (
				<span className={classes.reason} title={topology.reason}>
					{topology.reason}
				</span>
			)}
			<span className={classes.source}>from {topology.source}</span>
		</footer>
	);
}
