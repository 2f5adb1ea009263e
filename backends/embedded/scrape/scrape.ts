import { DEFAULT_LIMITS, ExpositionError, type ExpositionLimits, type Family } from "./exposition.ts";
import { parseOpenMetrics } from "./openmetrics.ts";
import { parsePrometheusText } from "./prometheus-text.ts";

const ACCEPT_OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
const ACCEPT_TEXT = "text/plain;version=0.0.4,*/*;q=0.1";

export interface ScrapeAnswer {
	families: Family[];
	format: "openmetrics" | "prometheus text";
	/** What was wrong with the OpenMetrics answer, when the plain format had to stand in for it (it has no exemplars). */
	note: string | null;
}

/**
 * Fetches and parses one target, OpenMetrics first. A target whose OpenMetrics is refused is asked once more for the plain format.
 * Follows no redirect, reads no more than `limits.text` bytes. Throws an `Error` with one sentence.
 */
export async function scrape(
	url: string,
	signal: AbortSignal,
	limits: ExpositionLimits = DEFAULT_LIMITS,
): Promise<ScrapeAnswer> {
	const first = await get(url, ACCEPT_OPENMETRICS, signal, limits);
	if (!first.openMetrics)
		return { families: parsePrometheusText(first.text, limits), format: "prometheus text", note: null };
	try {
		return { families: parseOpenMetrics(first.text, limits), format: "openmetrics", note: null };
	} catch (error) {
		if (!(error instanceof ExpositionError)) throw error;
		const second = await get(url, ACCEPT_TEXT, signal, limits);
		if (second.openMetrics) throw error;
		const note = `its OpenMetrics is not valid (${error.message}); read as plain text, without exemplars`;
		return { families: parsePrometheusText(second.text, limits), format: "prometheus text", note };
	}
}

async function get(
	url: string,
	accept: string,
	signal: AbortSignal,
	limits: ExpositionLimits,
): Promise<{ text: string; openMetrics: boolean }> {
	const headers = { accept, "user-agent": "trivet-scraper" };
	const response = await fetch(url, { headers, redirect: "manual", signal });
	if (response.status !== 200) {
		await response.body?.cancel();
		const location = response.headers.get("location");
		throw new Error(
			`answered ${response.status}${location ? `, a redirect to ${location.slice(0, 200)}: give that URL instead` : ""}`,
		);
	}
	const type = response.headers.get("content-type") ?? "";
	if (/^text\/html\b/i.test(type)) {
		await response.body?.cancel();
		throw new Error("answered with an HTML page, not with metrics: is the path right?");
	}
	return { text: await readText(response, limits.text), openMetrics: /^application\/openmetrics-text\b/i.test(type) };
}

async function readText(response: Response, limit: number): Promise<string> {
	if (!response.body) return "";
	const decoder = new TextDecoder("utf-8", { fatal: true });
	let text = "";
	let bytes = 0;
	for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
		bytes += chunk.byteLength;
		// Leaving the loop cancels the body: nothing more is read.
		if (bytes > limit) throw new Error(`answered with more than ${limit} bytes`);
		try {
			text += decoder.decode(chunk, { stream: true });
		} catch {
			throw new Error("answered with bytes that are not UTF-8");
		}
	}
	try {
		return text + decoder.decode();
	} catch {
		throw new Error("answered with bytes that are not UTF-8");
	}
}
