import { NotConfigured } from "../../core/ports.ts";
import type { EngineName } from "./engine.ts";

/** What to set for a part that no engine answers. */
export function howToConfigure(name: EngineName, what: string): string {
	return `No engine for ${what} is configured: set ${name.toUpperCase()}_URL to your ${name}'s address and start the console again.`;
}

export function missingEngine(name: EngineName, what: string): never {
	throw new NotConfigured(howToConfigure(name, what));
}
