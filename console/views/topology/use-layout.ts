/** The layout of a graph, made by the worker; the last one stays until the next is there. */
import { useEffect, useRef, useState } from "react";
import type { Layout, LayoutInput } from "./layout.ts";

export function useLayout(key: string, input: LayoutInput): { layout: Layout | null; failed: boolean } {
	const worker = useRef<Worker | null>(null);
	const wanted = useRef(key);
	const latest = useRef(input);
	latest.current = input;
	const [state, setState] = useState<{ layout: Layout | null; failed: boolean }>({ layout: null, failed: false });

	useEffect(() => {
		const created = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
		created.addEventListener("message", (event: MessageEvent<{ key: string; layout: Layout }>) => {
			if (event.data.key === wanted.current) setState({ layout: event.data.layout, failed: false });
		});
		created.addEventListener("error", () => setState((before) => ({ ...before, failed: true })));
		worker.current = created;
		return () => created.terminate();
	}, []);

	useEffect(() => {
		wanted.current = key;
		worker.current?.postMessage({ key, input: latest.current });
	}, [key]);

	return state;
}
