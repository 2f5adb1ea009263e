/** The one way the pages speak to the API: every failure becomes an `ApiError` whose message is a sentence for people. */
import type { Problem } from "../../server/api/schema.ts";

export class ApiError extends Error {
	override name = "ApiError";
	/** HTTP status; 0 when no answer came at all. */
	readonly status: number;
	readonly title: string;
	/** What to do next. */
	readonly hints: readonly string[];
	/** No engine was given for this part: nothing is broken, something can be added. */
	get notConfigured(): boolean {
		return this.status === 501 && this.title === "Not configured";
	}
	constructor(status: number, title: string, detail: string, hints: readonly string[] = []) {
		super(detail);
		this.status = status;
		this.title = title;
		this.hints = hints;
	}
}

export type QueryValue = string | number | boolean | null | undefined;

/** `path?a=1&b=2`, leaving out what is null, undefined, empty or false (every switch of the API is off by default). */
export function withQuery(path: string, query: Record<string, QueryValue>): string {
	const search = new URLSearchParams();
	for (const [name, value] of Object.entries(query)) {
		if (value !== null && value !== undefined && value !== "" && value !== false) {
			search.set(name, String(value));
		}
	}
	const text = search.toString();
	return text === "" ? path : `${path}?${text}`;
}

/** GET (or `init.method`) `path` and its JSON. Rejects with `ApiError`; an aborted request rejects with the abort's own error. */
export async function fetchJson<T>(path: string, init: RequestInit = {}): Promise<T> {
	let response: Response;
	try {
		response = await fetch(path, { ...init, headers: { accept: "application/json", ...init.headers } });
	} catch (error) {
		if (init.signal?.aborted) throw error;
		throw new ApiError(0, "Trivet does not answer", "The server behind this page cannot be reached.", [
			"Is it still running? Start it again with: npm start",
			"This page tries again by itself.",
		]);
	}
	const text = await response.text();
	const body = parse(text);
	if (response.ok && body !== undefined) return body as T;
	if (isProblem(body)) throw new ApiError(response.status, body.title, body.detail || body.title, body.hints ?? []);
	throw new ApiError(
		response.status,
		response.ok ? "Unreadable answer" : `HTTP ${response.status}`,
		response.ok
			? `The answer of ${pathOf(path)} is not JSON.`
			: `${pathOf(path)} answered ${response.status} ${response.statusText}`.trimEnd().concat("."),
		["See /status for the state of each store."],
	);
}

/** Sends `body` as JSON. */
export function sendJson<T>(method: "PUT" | "POST" | "DELETE", path: string, body: unknown): Promise<T> {
	return fetchJson<T>(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

function pathOf(path: string): string {
	return path.split("?")[0] ?? path;
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function isProblem(body: unknown): body is Problem {
	return typeof body === "object" && body !== null && "title" in body && "detail" in body;
}
