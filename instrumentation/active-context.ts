import { AsyncLocalStorage } from "node:async_hooks";
import type { Channel } from "node:diagnostics_channel";
import { type Context, context } from "@opentelemetry/api";

let active: () => Context = () => context.active();
let store: AsyncLocalStorage<Context> | undefined;

/** The active context, read from the manager itself: the API looks its global up and compares versions on every call. */
export function activeContext(): Context {
	return active();
}

/** @param manager the one that was registered. */
export function readContextFrom(manager: { active(): Context }): void {
	active = () => manager.active();
	const inner = (manager as unknown as { _asyncLocalStorage?: unknown })._asyncLocalStorage;
	store = inner instanceof AsyncLocalStorage ? inner : undefined;
}

/** Run what a library runs through `channel` in the context that `of` gives: callbacks then continue in their caller's. */
export function runCallbacksIn(channel: Channel, of: (message: unknown) => Context | undefined): void {
	if (store !== undefined) {
		(channel as Channel & { bindStore(store: unknown, transform: (message: unknown) => unknown): void }).bindStore(
			store,
			(message) => of(message) ?? active(),
		);
	}
}
