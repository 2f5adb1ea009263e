/** Strongly connected components (Tarjan, SIAM J. Comput. 1972), without recursion. */

/** Components of two nodes and more. Nodes are 0..n-1, `next[i]` the successors of i. */
export function strongComponents(next: readonly (readonly number[])[]): number[][] {
	const count = next.length;
	/** 0: not visited; else the order of the visit, from 1. */
	const visited = new Int32Array(count);
	const low = new Int32Array(count);
	const open = new Uint8Array(count);
	const tried = new Int32Array(count);
	const waiting: number[] = [];
	const components: number[][] = [];
	let clock = 0;
	for (let start = 0; start < count; start++) {
		if (visited[start] !== 0) continue;
		const path = [start];
		while (path.length > 0) {
			const node = path[path.length - 1] as number;
			if (visited[node] === 0) {
				visited[node] = low[node] = ++clock;
				open[node] = 1;
				waiting.push(node);
			}
			const successor = next[node]?.[tried[node] ?? 0];
			if (successor !== undefined) {
				tried[node] = (tried[node] ?? 0) + 1;
				if (visited[successor] === 0) path.push(successor);
				else if (open[successor] === 1) low[node] = Math.min(low[node] ?? 0, visited[successor] ?? 0);
				continue;
			}
			path.pop();
			const up = path.at(-1);
			if (up !== undefined) low[up] = Math.min(low[up] ?? 0, low[node] ?? 0);
			if (low[node] !== visited[node]) continue;
			const component = waiting.splice(waiting.lastIndexOf(node));
			for (const member of component) open[member] = 0;
			if (component.length > 1) components.push(component);
		}
	}
	return components;
}
