import { memo, type Ref } from "react";
import { formatWhole } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import panelStyles from "./panel.module.css";
import styles from "./toolbar.module.css";

interface TraceToolbarProps {
	searchRef: Ref<HTMLInputElement>;
	find: string;
	/** How many rows match, and which of them is selected (from 1; 0 for none). */
	matches: number;
	current: number;
	onFind: (text: string) => void;
	onMatch: (direction: 1 | -1) => void;
	onlyCritical: boolean;
	hasCritical: boolean;
	onOnlyCritical: (only: boolean) => void;
	spotlight: string | null;
	onSpotlight: (service: string | null) => void;
	zoomed: boolean;
	onWhole: () => void;
	onExpandAll: () => void;
	onCollapseAll: () => void;
	onHelp: () => void;
	onLeave: () => void;
	rows: number;
	total: number;
}

/** Search within the trace and what changes how its rows are shown. */
export const TraceToolbar = memo(function TraceToolbar(props: TraceToolbarProps) {
	const { find, matches, current } = props;
	return (
		<div className={styles.toolbar} role="toolbar" aria-label="Waterfall">
			<search className={styles.search} data-none={(find !== "" && matches === 0) || undefined}>
				<Icon name="search" size={13} />
				<input
					ref={props.searchRef}
					data-testid="trace-search"
					type="text"
					placeholder="Search in this trace"
					aria-label="Search in this trace: names, services, attributes"
					value={find}
					spellCheck={false}
					onChange={(event) => props.onFind(event.target.value)}
					onKeyDown={(event) => {
						if (event.key === "Enter") {
							event.preventDefault();
							props.onMatch(event.shiftKey ? -1 : 1);
						} else if (event.key === "Escape") {
							event.stopPropagation();
							if (find !== "") props.onFind("");
							props.onLeave();
						}
					}}
				/>
				{find === "" ? (
					<kbd>/</kbd>
				) : (
					<>
						<span className="num" data-testid="trace-search-count">
							{matches === 0
								? "no match"
								: current > 0
									? `${formatWhole(current)}/${formatWhole(matches)}`
									: formatWhole(matches)}
						</span>
						<button
							type="button"
							onClick={() => props.onMatch(-1)}
							disabled={matches === 0}
							aria-label="Previous match (N)"
						>
							<Icon name="up" size={12} />
						</button>
						<button type="button" onClick={() => props.onMatch(1)} disabled={matches === 0} aria-label="Next match (n)">
							<Icon name="down" size={12} />
						</button>
						<button type="button" onClick={() => props.onFind("")} aria-label="Clear the search">
							<Icon name="cross" size={12} />
						</button>
					</>
				)}
			</search>
			<button
				type="button"
				className={panelStyles.toggle}
				aria-pressed={props.onlyCritical}
				disabled={!props.hasCritical}
				title="Only the spans that the trace's duration depends on (c)"
				onClick={() => props.onOnlyCritical(!props.onlyCritical)}
			>
				Critical path
			</button>
			{props.spotlight !== null && (
				<button
					type="button"
					className={panelStyles.toggle}
					aria-pressed
					onClick={() => props.onSpotlight(null)}
					title="Show all services"
				>
					{props.spotlight} <Icon name="cross" size={10} />
				</button>
			)}
			{props.zoomed && (
				<button type="button" className={panelStyles.toggle} onClick={props.onWhole} title="The whole trace (0)">
					Reset zoom
				</button>
			)}
			<span className={styles.toolbarEnd}>
				<span className="num">
					{props.rows === props.total
						? `${formatWhole(props.total)} rows`
						: `${formatWhole(props.rows)} of ${formatWhole(props.total)} rows`}
				</span>
				<button type="button" className={panelStyles.quietButton} onClick={props.onCollapseAll} title="Close all (−)">
					Close all
				</button>
				<button type="button" className={panelStyles.quietButton} onClick={props.onExpandAll} title="Open all (+)">
					Open all
				</button>
				<button
					type="button"
					className={panelStyles.quietButton}
					onClick={props.onHelp}
					title="Keys (?)"
					aria-label="Keys on this page"
				>
					<Icon name="keyboard" size={14} />
				</button>
			</span>
		</div>
	);
});
