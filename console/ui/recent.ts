/** What was opened last, kept in this browser: the search box offers it again. */
import { useSyncExternalStore } from "react";

export interface Recent {
	href: string;
	label: string;
	/** A word on what it is: `trace`, `request`, `search`. */
	kind: string;
}

const KEY = "trivet.recent";
const MAX = 8;
const NONE: readonly Recent[] = [];
const listeners = new Set<() => void>();
let cached: readonly Recent[] | null = null;

/** Puts `entry` first; the same address is kept once. */
export function remember(entry: Recent): void {
	cached = [entry, ...read().filter((other) => other.href !== entry.href)].slice(0, MAX);
	try {
		localStorage.setItem(KEY, JSON.stringify(cached));
	} catch {
		// Storage may be full or forbidden: then it lasts as long as the page.
	}
	for (const listener of listeners) listener();
}

export function useRecent(): readonly Recent[] {
	return useSyncExternalStore(subscribe, read, () => NONE);
}

function subscribe(listener: () => void): () => void {
	listeners.add(listener);
	return () => listeners.delete(listener);
}

function read(): readonly Recent[] {
	if (cached !== null) return cached;
	try {
		const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
		cached = Array.isArray(stored) ? stored.filter(isRecent).slice(0, MAX) : NONE;
	} catch {
		cached = NONE;
	}
	return cached;
}

function isRecent(value: unknown): value is Recent {
	const { href, label, kind } = (value ?? {}) as Partial<Recent>;
	return typeof href === "string" && href.startsWith("/") && typeof label === "string" && typeof kind === "string";
}
