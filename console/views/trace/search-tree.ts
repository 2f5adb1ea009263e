/** Search within one trace. Names and services are in dictionaries, so 100,000 rows cost one look at each distinct name and one pass over numbers. */
import type { TraceTree } from "./trace-tree.ts";
import { positionOf } from "./visible-rows.ts";

/**
 * Rows that contain every word of the query (in name, service, kind, flags, span id or, where known, attributes), ascending. Words in double quotes
 * are one word. An empty query matches nothing.
 */
export function searchTree(
	tree: TraceTree,
	query: string,
	attributeText: ReadonlyMap<string, string> | null,
): Uint32Array {
	const words = queryWords(query);
	if (words.length === 0) return new Uint32Array(0);
	const hits = new Uint8Array(tree.count).fill(1);
	for (const word of words) {
		const has = (text: string) => (text.toLowerCase().includes(word) ? 1 : 0);
		const names = Uint8Array.from(tree.names, has);
		const services = Uint8Array.from(tree.services, has);
		const kinds = Uint8Array.from(tree.kinds, (kind) => (kind === word ? 1 : 0));
		const flags = tree.flagNames.reduce((bits, flag, i) => (flag === word ? bits | (1 << i) : bits), 0);
		const asId = /^[0-9a-f]{4,16}$/.test(word);
		const asError = word === "error" || word === "status:error";
		for (let row = 0; row < tree.count; row++) {
			if (hits[row] === 0) continue;
			const found =
				names[tree.name[row]!] === 1 ||
				services[tree.service[row]!] === 1 ||
				kinds[tree.kind[row]!] === 1 ||
				(tree.flags[row]! & flags) !== 0 ||
				(asError && tree.error[row] === 1) ||
				(asId && tree.spanIds[row]!.includes(word)) ||
				(attributeText?.get(tree.spanIds[row]!)?.includes(word) ?? false);
			if (!found) hits[row] = 0;
		}
	}
	let count = 0;
	for (let row = 0; row < tree.count; row++) count += hits[row]!;
	const rows = new Uint32Array(count);
	for (let row = 0, at = 0; row < tree.count; row++) if (hits[row] === 1) rows[at++] = row;
	return rows;
}

/** Lower-case words; at most eight. */
export function queryWords(query: string): string[] {
	const words: string[] = [];
	for (const match of query.toLowerCase().matchAll(/"([^"]*)"|(\S+)/g)) {
		const word = (match[1] ?? match[2] ?? "").trim();
		if (word && words.length < 8) words.push(word);
	}
	return words;
}

/** The next (or previous) of `rows` from `row`, going round at the ends; -1 when there are none. */
export function stepTo(rows: Uint32Array, row: number, direction: 1 | -1): number {
	if (rows.length === 0) return -1;
	const at = positionOf(rows, row);
	const next = at >= 0 ? at + direction : direction === 1 ? ~at : ~at - 1;
	return rows[(next + rows.length) % rows.length]!;
}

/** The stretches of `text` that a query's words match, for marking; they do not overlap. */
export function matchStretches(text: string, words: readonly string[]): { from: number; to: number }[] {
	const lower = text.toLowerCase();
	if (lower.length !== text.length) return [];
	const found: { from: number; to: number }[] = [];
	for (const word of words)
		for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + word.length))
			found.push({ from: at, to: at + word.length });
	found.sort((a, b) => a.from - b.from);
	const merged: { from: number; to: number }[] = [];
	for (const stretch of found) {
		const last = merged.at(-1);
		if (last && stretch.from <= last.to) last.to = Math.max(last.to, stretch.to);
		else merged.push({ ...stretch });
	}
	return merged;
}
