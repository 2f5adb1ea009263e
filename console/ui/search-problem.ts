import { parseSearch } from "../../core/search.ts";

/** What is wrong with a search, as the server would say it; null when it is fine. */
export function searchProblem(text: string): string | null {
	try {
		parseSearch(text);
		return null;
	} catch (error) {
		return (error as Error).message;
	}
}

/** `key:value` of a search that finds exactly this. */
export function searchTerm(key: string, value: string): string {
	const field = /^[A-Za-z_@][\w.@/-]*$/.test(key) ? key : `"${escaped(key)}"`;
	return `${field}:${/^[\w./-]+$/.test(value) ? value : `"${escaped(value).replace(/\*/g, "\\*")}"`}`;
}

function escaped(text: string): string {
	return text.replace(/\\/g, "\\\\").replace(/"/g, '\\"');
}
