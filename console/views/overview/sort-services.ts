import type { Services } from "../../client/api.ts";

export type ServiceItem = Services["services"][number];
export const SORT_KEYS = ["service", "rate", "errors", "p50", "p95", "p99", "logs", "seen"] as const;
export type SortKey = (typeof SORT_KEYS)[number];

const VALUE: Record<Exclude<SortKey, "service">, (item: ServiceItem) => number> = {
	rate: ({ red }) => red.rate,
	errors: ({ red }) => red.errorRate,
	p50: ({ red }) => red.p50Ms ?? -1,
	p95: ({ red }) => red.p95Ms ?? -1,
	p99: ({ red }) => red.p99Ms ?? -1,
	logs: ({ errorLogCount }) => errorLogCount,
	seen: ({ lastSeenUnixNano }) => Number(lastSeenUnixNano),
};

/** Names upwards, figures downwards; equal ones by name, so that rows stay where they are while figures move. */
export function sortServices(items: readonly ServiceItem[], key: SortKey, reversed: boolean): ServiceItem[] {
	const sign = reversed ? -1 : 1;
	const byName = (a: ServiceItem, b: ServiceItem) => (a.service < b.service ? -1 : a.service > b.service ? 1 : 0);
	if (key === "service") return [...items].sort((a, b) => sign * byName(a, b));
	const value = VALUE[key];
	return [...items].sort((a, b) => sign * (value(b) - value(a)) || byName(a, b));
}
