import type { Status } from "../../client/api.ts";
import { formatDuration } from "../../ui/format.ts";
import { Panel } from "../../ui/Panel.tsx";
import { windowLabel } from "../../ui/time-label.ts";
import { factText } from "./fact-text.ts";
import rows from "./rows.module.css";

/** What is held, and what the store says of itself. */
export function FactsPanel({ status }: { status: Status }) {
	const held = status.dataWindow;
	return (
		<Panel title="Held" testId="facts">
			<dl className={rows.rows}>
				<div className={rows.row}>
					<dt className={rows.name}>data</dt>
					<dd className={`${rows.end} num`}>
						{held === null
							? "none yet"
							: `${windowLabel(String(held.fromMs), String(held.toMs), status.nowMs)} (${formatDuration((held.toMs - held.fromMs) * 1e6)})`}
					</dd>
				</div>
				{status.facts.map((fact) => (
					<div key={fact.name} className={rows.row}>
						<dt className={rows.name}>{fact.name}</dt>
						<dd className={`${rows.end} num`}>{factText(fact.value, fact.unit)}</dd>
					</div>
				))}
			</dl>
		</Panel>
	);
}
