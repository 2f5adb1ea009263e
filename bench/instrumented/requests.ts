import type { Child } from "../child.ts";
import { keepAliveLoad } from "./keep-alive-load.ts";
import type { Sink } from "./otlp-sink.ts";
import { type Places, startApp, type Variant } from "./variant.ts";

export const CONNECTIONS = 20;
/** The last batches leave meanwhile; their work belongs to the requests. */
const REST_MS = 1_500;

interface Usage {
	port: number;
	cpuUs: number;
	rss: number;
	heapUsed: number;
}
export type Shop = Child<{ ask: "begin" | "end" | "memory" }, Usage>;

export interface RequestCost {
	/** CPU of the app's process for one request, user and system. */
	us: number;
	perSecond: number;
	/** What arrived at the collector per request, warm-up left out. */
	spans: number;
	lines: number;
}

/** A new process of the app: warmed up, then a fixed number of requests. */
export async function costOfRequests(
	variant: Variant,
	{ places, sink, requests, warmUp }: { places: Places; sink: Sink; requests: number; warmUp: number },
): Promise<RequestCost> {
	const app: Shop = await startApp("shop.cjs", variant, places);
	try {
		await keepAliveLoad(app.ready.port, CONNECTIONS, atMost(warmUp));
		await new Promise((resolve) => setTimeout(resolve, REST_MS));
		await sink.counts({ forget: true });
		await app.ask({ ask: "begin" });
		const { seconds } = await keepAliveLoad(app.ready.port, CONNECTIONS, atMost(requests));
		await new Promise((resolve) => setTimeout(resolve, REST_MS));
		const { cpuUs } = await app.ask({ ask: "end" });
		const { spans, lines } = await sink.counts();
		return {
			us: cpuUs / requests,
			perSecond: requests / seconds,
			spans: spans / requests,
			lines: lines / requests,
		};
	} finally {
		await app.stop();
	}
}

function atMost(requests: number): () => boolean {
	let left = requests;
	return () => left-- > 0;
}
