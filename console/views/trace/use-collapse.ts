import { useCallback, useMemo, useState } from "react";
import type { TraceModel } from "./trace-model.ts";

/** Which rows are collapsed. When more of the trace arrives, the same spans stay collapsed, wherever their rows are now. */
export function useCollapse(model: TraceModel): [Uint8Array, (next: Uint8Array) => void] {
	const [state, setState] = useState(() => ({ model, collapsed: new Uint8Array(model.tree.count) as Uint8Array }));
	const collapsed = useMemo(() => {
		if (state.model === model) return state.collapsed;
		const moved = new Uint8Array(model.tree.count);
		for (let row = 0; row < state.collapsed.length; row++)
			if (state.collapsed[row] === 1) {
				const now = model.index.rowOf(state.model.index.keyOf(state.model.tree, row));
				if (now >= 0) moved[now] = 1;
			}
		return moved;
	}, [state, model]);
	const set = useCallback((next: Uint8Array) => setState({ model, collapsed: next }), [model]);
	return [collapsed, set];
}
