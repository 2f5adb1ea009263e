import type { Family } from "./family.ts";

/** What a page of metrics is made of. */
export interface MetricSource {
	/** One snapshot of all families. */
	collect(): Promise<Family[]>;
}
