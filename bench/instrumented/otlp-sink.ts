import { startChild } from "../child.ts";
import type { SinkCounts } from "./otlp-sink-process.ts";

export interface Sink {
	url: string;
	/** What has arrived, from the start or since the last `forget`. */
	counts(options?: { forget: boolean }): Promise<SinkCounts>;
	stop(): Promise<void>;
}

export async function startSink(): Promise<Sink> {
	const child = await startChild<{ forget: boolean }, SinkCounts>(new URL("./otlp-sink-process.js", import.meta.url));
	return {
		url: child.ready.url,
		counts: (options = { forget: false }) => child.ask(options),
		stop: () => child.stop(),
	};
}
