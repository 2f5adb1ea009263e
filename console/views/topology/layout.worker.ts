/** The layout away from the main thread: a graph of a hundred services takes longer than a frame. */
import { type LayoutInput, layoutGraph } from "./layout.ts";

self.addEventListener("message", (event: MessageEvent<{ key: string; input: LayoutInput }>) => {
	const { key, input } = event.data;
	self.postMessage({ key, layout: layoutGraph(input) });
});
