/** Charts beside each other point at the same moment: where one is hovered, the others show a line. */
type Listener = (timeMs: number | null, from: object) => void;

const groups = new Map<string, Set<Listener>>();

/** `from` tells the chart its own words. Returns how to leave. */
export function joinHoverGroup(name: string, listener: Listener): () => void {
	const group = groups.get(name) ?? new Set();
	groups.set(name, group.add(listener));
	return () => {
		group.delete(listener);
		if (group.size === 0) groups.delete(name);
	};
}

export function sayHover(name: string, timeMs: number | null, from: object): void {
	for (const listener of groups.get(name) ?? []) listener(timeMs, from);
}
