import { type Context, context } from "@opentelemetry/api";

let active: () => Context = () => context.active();

/** The active context, read from the manager itself: the API looks its global up and compares versions on every call. */
export function activeContext(): Context {
	return active();
}

/** @param manager the one that was registered. */
export function readContextFrom(manager: { active(): Context }): void {
	active = () => manager.active();
}
