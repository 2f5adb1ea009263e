import type { IncomingHttpHeaders } from "node:http";

/** Names the services that wait for this answer, first asked first: `storefront, orders`. */
export const TRAIL_HEADER = "x-trivet-health-trail";

const LONGEST = 16;
const NAME = /^[\w.@/:-]{1,100}$/;

/** Who waits for this answer. A header that is not ours, or longer than any real chain, is none: it comes from outside. */
export function readTrail(headers: IncomingHttpHeaders): string[] {
	const given = headers[TRAIL_HEADER];
	if (typeof given !== "string" || given === "" || given.length > LONGEST * 102) {
		return [];
	}
	const names = given.split(",").map((name) => name.trim());
	return names.length <= LONGEST && names.every((name) => NAME.test(name)) ? names : [];
}

/** What a request goes out with, so that it is recognised when it comes round. */
export function trailHeader(trail: readonly string[], service: string): string {
	return [...trail, trailName(service)].slice(-LONGEST).join(", ");
}

/** The circle that `service` would close by asking on, `orders > payment > orders`; undefined when there is none. */
export function circleOf(trail: readonly string[], service: string): string | undefined {
	const own = trailName(service);
	const at = trail.lastIndexOf(own);
	if (at !== -1) {
		return [...trail.slice(at), own].join(" > ");
	}
	return trail.length >= LONGEST ? [...trail, own].join(" > ") : undefined;
}

function trailName(service: string): string {
	return service.replace(/[^\w.@/:-]/g, "_").slice(0, 100) || "_";
}
