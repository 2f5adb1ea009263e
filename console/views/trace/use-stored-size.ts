import { useCallback, useEffect, useState } from "react";

/** A panel's size in pixels, remembered in this browser. Works without storage (private windows, blocked cookies): it is then forgotten. */
export function useStoredSize(
	name: string,
	initial: number,
	least: number,
	most: number,
): [number, (px: number) => void] {
	const [size, setSize] = useState(initial);
	useEffect(() => {
		const stored = Number(read(name));
		if (stored >= least && stored <= most) setSize(stored);
	}, [name, least, most]);
	const set = useCallback(
		(px: number) => {
			const next = Math.round(Math.min(most, Math.max(least, px)));
			setSize(next);
			try {
				localStorage.setItem(`trivet.size.${name}`, String(next));
			} catch {
				// Storage is a convenience: full or forbidden, the page works on.
			}
		},
		[name, least, most],
	);
	return [size, set];
}

function read(name: string): string | null {
	try {
		return localStorage.getItem(`trivet.size.${name}`);
	} catch {
		return null;
	}
}
