/** What the text in the search box could mean, the likeliest first. */
import { type IdReading, readId } from "../../core/ids.ts";
import type { IconName } from "./Icon.tsx";
import { serviceHref, traceHref } from "./Link.tsx";

export interface SearchChoice {
	href: string;
	title: string;
	detail: string;
	icon: IconName;
	/** How it is remembered; not at all when absent. */
	kind?: string;
}

const MAX_SERVICES = 5;

/** `services`: known names. Ids come first when the text looks like one, else services that match, else the search itself. */
export function searchChoices(text: string, services: readonly string[]): SearchChoice[] {
	const query = text.trim();
	if (query === "") return [];
	const reading = readId(query);
	const ids = reading === null ? [] : [reading, ...reading.alternatives].flatMap((one) => idChoice(one));
	const needle = query.toLowerCase();
	const matches = services
		.filter((name) => name.toLowerCase().includes(needle))
		.sort((a, b) => Number(b.toLowerCase().startsWith(needle)) - Number(a.toLowerCase().startsWith(needle)))
		.slice(0, MAX_SERVICES)
		.map<SearchChoice>((name) => ({ href: serviceHref(name), title: name, detail: "service", icon: "services" }));
	const searches: SearchChoice[] = [
		{
			href: `/traces?q=${encodeURIComponent(query)}`,
			title: query,
			detail: "search traces",
			icon: "traces",
			kind: "traces",
		},
		{ href: `/logs?q=${encodeURIComponent(query)}`, title: query, detail: "search logs", icon: "logs", kind: "logs" },
	];
	return looksLikeId(query, reading) ? [...ids, ...matches, ...searches] : [...matches, ...searches, ...ids];
}

function idChoice(reading: IdReading): SearchChoice[] {
	if (reading.kind === "traceparent") {
		return [
			{
				href: traceHref(reading.traceId, reading.spanId),
				title: reading.traceId,
				detail: "open trace of traceparent",
				icon: "arrow",
				kind: "trace",
			},
		];
	}
	if (reading.kind === "traceId") {
		return [
			{ href: traceHref(reading.traceId), title: reading.traceId, detail: "open trace", icon: "arrow", kind: "trace" },
		];
	}
	return [
		{
			href: traceHref(reading.requestId),
			title: reading.requestId,
			detail: "open by request ID",
			icon: "arrow",
			kind: "request",
		},
	];
}

/** A short hex word such as `cafe` is a word first; anything long, or a request ID with digits, is an id first. */
function looksLikeId(query: string, reading: IdReading | null): boolean {
	if (reading === null) return false;
	if (reading.kind === "traceparent") return true;
	if (reading.kind === "traceId") return query.length >= 12;
	return (query.length >= 8 && /\d/.test(query) && !/^[\w.]+:/.test(query)) || /request[._-]?id/i.test(query);
}
