/** The window every page looks at, and how often it looks again: part of the URL, carried from page to page. */
import { createParser, parseAsBoolean, parseAsString, useQueryStates } from "nuqs";
import { useMemo } from "react";

export const DEFAULT_FROM = "now-15m";
export const DEFAULT_TO = "now";
/** The URL's parameters that go along to every page. */
export const CARRIED = ["from", "to", "refresh", "hideDemo"] as const;

export const REFRESH_STEPS = ["off", "2s", "5s", "10s", "30s", "1m"] as const;
export type RefreshStep = (typeof REFRESH_STEPS)[number];
const REFRESH_MS: Record<RefreshStep, number | false> = {
	off: false,
	"2s": 2_000,
	"5s": 5_000,
	"10s": 10_000,
	"30s": 30_000,
	"1m": 60_000,
};

const parseRefresh = createParser<RefreshStep>({
	parse: (text) => REFRESH_STEPS.find((step) => step === text) ?? null,
	serialize: (step) => step,
});

const parsers = {
	from: parseAsString.withDefault(DEFAULT_FROM),
	to: parseAsString.withDefault(DEFAULT_TO),
	refresh: parseRefresh.withDefault("5s"),
	hideDemo: parseAsBoolean.withDefault(false),
};

export interface TimeRange {
	/** As the API reads them: epoch ms, ISO 8601, `now`, `now-15m`. */
	from: string;
	to: string;
	refresh: RefreshStep;
	/** For TanStack Query's `refetchInterval`: false when off, or when the window lies in the past as a whole. */
	refetchMs: number | false;
	/** The window moves with the clock. */
	live: boolean;
	hideDemo: boolean;
	/** What to spread into an API call. */
	window: { from: string; to: string; hideDemo: boolean };
}

export function useTimeRange(): TimeRange {
	const [{ from, to, refresh, hideDemo }] = useQueryStates(parsers);
	return useMemo(() => {
		const live = to.startsWith("now");
		return {
			from,
			to,
			refresh,
			refetchMs: live ? REFRESH_MS[refresh] : false,
			live,
			hideDemo,
			window: { from, to, hideDemo },
		};
	}, [from, to, refresh, hideDemo]);
}

export type TimeRangeChange = Partial<{ from: string; to: string; refresh: RefreshStep; hideDemo: boolean }>;

/** Changes the window in place; `history: "push"` so that Back undoes it. */
export function useSetTimeRange(): (change: TimeRangeChange) => void {
	const [, set] = useQueryStates(parsers, { history: "push" });
	return set;
}
