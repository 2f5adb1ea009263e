import { parseAsBoolean, parseAsString, throttle, useQueryState } from "nuqs";
import { useCallback, useMemo } from "react";
import { formatView, isWhole, parseView, type TimeView } from "./time-view.ts";
import type { TraceModel } from "./trace-model.ts";

/** What of the page is in its URL: going to a span is a step one can go back from, adjusting the view replaces. */
export function useTraceUrl(model: TraceModel, whole: TimeView) {
	const [spanKey, setSpanKey] = useQueryState("span", parseAsString.withOptions({ history: "push" }));
	const [zoom, setZoom] = useQueryState(
		"zoom",
		parseAsString.withDefault("").withOptions({ history: "replace", limitUrlUpdates: throttle(250) }),
	);
	const [find, setFind] = useQueryState(
		"find",
		parseAsString.withDefault("").withOptions({ history: "replace", limitUrlUpdates: throttle(250) }),
	);
	const [critical, setCritical] = useQueryState(
		"critical",
		parseAsBoolean.withDefault(false).withOptions({ history: "replace" }),
	);
	const { tree, index } = model;
	const row = useMemo(() => index.rowOf(spanKey), [index, spanKey]);
	const view = useMemo(() => parseView(zoom, whole) ?? whole, [zoom, whole]);
	const setView = useCallback(
		(next: TimeView) => void setZoom(isWhole(next, whole) ? null : formatView(next)),
		[setZoom, whole],
	);
	/** By keys one runs along (`replace`), by pointer one goes somewhere (`push`). -1 for none. */
	const setRow = useCallback(
		(next: number, history: "push" | "replace") =>
			void setSpanKey(next < 0 ? null : index.keyOf(tree, next), { history }),
		[setSpanKey, index, tree],
	);
	const setFindText = useCallback((text: string) => void setFind(text === "" ? null : text), [setFind]);
	const setOnlyCritical = useCallback((only: boolean) => void setCritical(only ? true : null), [setCritical]);
	return { row, setRow, view, setView, find, setFind: setFindText, onlyCritical: critical, setOnlyCritical };
}
