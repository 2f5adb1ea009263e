import { Modal } from "@mantine/core";
import styles from "./missing.module.css";
import panelStyles from "./panel.module.css";

const KEYS: readonly (readonly [string, string])[] = [
	["j k ↓ ↑", "next, previous span"],
	["Enter", "open the span's details"],
	["← →", "close or open a span; to its parent, to its first child"],
	["− +", "close all, open all"],
	["e E", "next, previous failed span"],
	["/", "search in this trace"],
	["n N", "next, previous match"],
	["c", "only the critical path"],
	["f", "zoom to the selected span"],
	["w s", "zoom in, out"],
	["a d", "move earlier, later"],
	["0", "the whole trace"],
	["l", "only the selected span's log lines"],
	["Esc", "step back: search, then selection"],
	["Ctrl K", "search everywhere"],
	["? ", "these keys"],
];

export function TraceKeysHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
	return (
		<Modal opened={opened} onClose={onClose} title="Keys on this page" centered size={520}>
			<dl className={styles.keys} data-testid="trace-keys">
				{KEYS.map(([keys, does]) => (
					<div key={keys}>
						<dt>
							{keys
								.trim()
								.split(" ")
								.map((key) => (
									<kbd key={key}>{key}</kbd>
								))}
						</dt>
						<dd>{does}</dd>
					</div>
				))}
			</dl>
			<p className={panelStyles.hint}>
				Drag over the strip or the time axis to zoom, double-click for the whole trace. Ctrl + wheel zooms at the
				pointer, Shift + wheel moves.
			</p>
		</Modal>
	);
}
