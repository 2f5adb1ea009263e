import { type Attributes, SpanKind, type TraceState } from "@opentelemetry/api";
import type { Keep, Rule } from "./choice.ts";
import { isAtLeast, randomnessOf, thresholdOf } from "./threshold.ts";
import { TokenBucket } from "./token-bucket.ts";

/** What is known when a trace begins here. */
export interface Beginning {
	traceId: string;
	name: string;
	kind: SpanKind;
	attributes: Attributes;
	state: TraceState | undefined;
}

/** Kept, with the probability's threshold where there is one; or not. */
export type Verdict = { kept: true; threshold: string | undefined } | { kept: false };

/** Decides once a trace, when it begins. */
export type Head = (beginning: Beginning) => Verdict;

const KEPT: Verdict = { kept: true, threshold: undefined };
const DROPPED: Verdict = { kept: false };

/** @param now a clock in milliseconds for rates. @throws RangeError for a probability outside of 0 to 1, or a rate that is none */
export function headOf(keep: Keep, now?: () => number): Head {
	if (keep === "all") {
		return () => KEPT;
	}
	if (keep === "none") {
		return () => DROPPED;
	}
	if (typeof keep === "number") {
		return ratio(keep);
	}
	if (typeof keep === "string") {
		const perSecond = Number(keep.replace(/\/s$/, ""));
		if (!(perSecond >= 0) || !Number.isFinite(perSecond)) {
			throw new RangeError(`a sampler's rate is traces a second, like "5/s", not ${JSON.stringify(keep)}`);
		}
		const bucket = new TokenBucket(perSecond, now);
		return () => (bucket.take() ? KEPT : DROPPED);
	}
	const rules = keep.map(({ match, keep }) => ({ matches: matcher(match), head: headOf(keep, now) }));
	return (beginning) => rules.find(({ matches }) => matches(beginning))?.head(beginning) ?? KEPT;
}

function ratio(probability: number): Head {
	if (!(probability >= 0 && probability <= 1)) {
		throw new RangeError(`a sampler's probability lies between 0 and 1, not at ${probability}`);
	}
	const threshold = thresholdOf(probability);
	if (threshold === undefined) {
		return () => DROPPED;
	}
	const kept: Verdict = { kept: true, threshold };
	return ({ traceId, state }) => (isAtLeast(randomnessOf(traceId, state), threshold) ? kept : DROPPED);
}

const LOOKED_AT = 2_048;

/**
 * Patterns without backtracking, since paths come from outside: a parameter or a star is one segment, a star at the end is
 * everything from there on.
 */
function matcher(pattern: Rule["match"]): (beginning: Beginning) => boolean {
	const text = pattern.trim();
	if (text === "*") {
		return () => true;
	}
	const [, method, path] = /^(?:([A-Za-z]+)\s+)?(\/.*)$/.exec(text) ?? [];
	if (path === undefined) {
		return text.endsWith("*") ? ({ name }) => name.startsWith(text.slice(0, -1)) : ({ name }) => name === text;
	}
	const wanted = method?.toUpperCase();
	const open = path.endsWith("*");
	const source = (open ? path.slice(0, -1) : path)
		.split("/")
		.map((segment) => (/^(:.+|\{.+\}|\*)$/.test(segment) ? "[^/]+" : segment.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")))
		.join("/");
	// `/api/*` takes `/api` itself, too.
	const expression = new RegExp(open ? `^${source.replace(/\/$/, "(?:/|$)")}` : `^${source}/?$`);
	return ({ kind, attributes }) => {
		if (kind !== SpanKind.SERVER) {
			return false;
		}
		const at = attributes["url.path"];
		return (
			typeof at === "string" &&
			(wanted === undefined || attributes["http.request.method"] === wanted) &&
			expression.test(at.slice(0, LOOKED_AT))
		);
	};
}
