import { InvalidInput } from "../../../core/ports.ts";

export interface ScrapeTarget {
	/** The service's name when the user gives it (`cart=http://...`), else null: the target says itself. */
	service: string | null;
	url: string;
}

const MAX_TARGETS = 100;

/**
 * Reads `http://127.0.0.1:9464/metrics,cart=http://127.0.0.1:9465`: explicit targets only, `/metrics` when the URL has no path.
 * Throws `InvalidInput` that names the target.
 */
export function parseScrapeTargets(text: string): ScrapeTarget[] {
	const targets: ScrapeTarget[] = [];
	for (const part of text.split(",")) {
		const one = part.trim();
		if (one === "") continue;
		const named = /^([^=:/?#]+)=(.*)$/.exec(one);
		const url = parseUrl(named ? named[2]! : one, one);
		if (targets.some((other) => other.url === url)) throw new InvalidInput(`The scrape target ${url} is given twice.`);
		targets.push({ service: named ? named[1]!.trim() : null, url });
	}
	if (targets.length > MAX_TARGETS)
		throw new InvalidInput(`${targets.length} scrape targets; the limit is ${MAX_TARGETS}.`);
	return targets;
}

function parseUrl(text: string, whole: string): string {
	if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
		throw new InvalidInput(
			`"${whole}" is not a scrape target: write http://host:port/metrics, or name=http://host:port/metrics`,
		);
	}
	const url = new URL(text);
	if (url.username || url.password)
		throw new InvalidInput(`The scrape target for ${url.host} holds a password; that is not supported.`);
	if (url.pathname === "/") url.pathname = "/metrics";
	url.hash = "";
	return url.href;
}
