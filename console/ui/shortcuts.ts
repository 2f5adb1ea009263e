/** Keys that act on the page: `j`, `?`, `shift+d`, `enter`, `mod+k` (Ctrl or Cmd), and two in a row as `g t`. Silent while someone types. */
import { useEffect, useRef } from "react";

export type Shortcuts = Record<string, (event: KeyboardEvent) => void>;

const SEQUENCE_MS = 900;

/** `mod+...` also fires inside a text field; the others do not. */
export function useShortcuts(shortcuts: Shortcuts): void {
	const latest = useRef(shortcuts);
	latest.current = shortcuts;
	useEffect(() => {
		let first = "";
		let firstAt = 0;
		const onKey = (event: KeyboardEvent) => {
			if (event.defaultPrevented || event.altKey || event.key === "Shift") return;
			const mod = event.ctrlKey || event.metaKey;
			if (!mod && isTyping(event.target)) return;
			const key = event.key.toLowerCase();
			const name = mod ? `mod+${key}` : event.shiftKey && /^[a-z]$/.test(key) ? `shift+${key}` : key;
			const sequence = Date.now() - firstAt < SEQUENCE_MS ? `${first} ${name}` : "";
			first = name;
			firstAt = Date.now();
			const run = latest.current[sequence] ?? latest.current[name];
			if (run === undefined) return;
			event.preventDefault();
			run(event);
		};
		window.addEventListener("keydown", onKey);
		return () => window.removeEventListener("keydown", onKey);
	}, []);
}

function isTyping(target: EventTarget | null): boolean {
	return (
		target instanceof HTMLElement &&
		(target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.role === "combobox")
	);
}
