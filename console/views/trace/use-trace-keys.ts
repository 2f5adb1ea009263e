import { useEffect, useRef } from "react";

/** Keys as `KeyboardEvent.key` gives them, several with blanks between (`j ArrowDown`), and what they do. */
export type TraceKeys = readonly (readonly [keys: string, run: () => void])[];

/** After `g` the next key belongs to the shell's `g t`, `g l`, ... */
const SEQUENCE_MS = 900;

/**
 * The waterfall's keys, wherever the focus is, except where someone types or works a control. Listens before the shell does: within a trace `/`
 * searches the trace and `?` explains the trace's keys (Ctrl-K still searches everything).
 */
export function useTraceKeys(keys: TraceKeys): void {
	const latest = useRef(keys);
	latest.current = keys;
	useEffect(() => {
		let sequenceUntil = 0;
		const onKey = (event: KeyboardEvent) => {
			if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isBusy(event)) return;
			if (event.key === "g") {
				sequenceUntil = performance.now() + SEQUENCE_MS;
				return;
			}
			if (performance.now() < sequenceUntil) {
				sequenceUntil = 0;
				return;
			}
			const run = latest.current.find(([names]) => names.split(" ").includes(event.key))?.[1];
			if (!run) return;
			event.preventDefault();
			event.stopPropagation();
			run();
		};
		window.addEventListener("keydown", onKey, { capture: true });
		return () => window.removeEventListener("keydown", onKey, { capture: true });
	}, []);
}

function isBusy({ target, key }: KeyboardEvent): boolean {
	if (!(target instanceof HTMLElement)) return false;
	if (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return true;
	if (target.closest("[role=dialog], [role=menu], [role=listbox], [role=separator]")) return true;
	// Enter and Space belong to the control that has the focus.
	return (key === "Enter" || key === " ") && /^(BUTTON|A|SUMMARY)$/.test(target.tagName);
}
