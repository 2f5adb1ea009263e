/** Which faults are on. Each goes off by itself after a while, so that a forgotten one does not spoil the data. */
import { FAULTS, type FaultId } from "./faults.ts";

export const AUTO_OFF_MS = 10 * 60_000;

export class FaultBoard {
	readonly #enabled = new Map<FaultId, NodeJS.Timeout>();
	readonly #changed: (enabled: FaultId[]) => void;
	readonly #autoOffMs: number;

	constructor(changed: (enabled: FaultId[]) => void, autoOffMs = AUTO_OFF_MS) {
		this.#changed = changed;
		this.#autoOffMs = autoOffMs;
	}

	/** Switching on what is on starts its time again. */
	set(id: FaultId, enabled: boolean): void {
		clearTimeout(this.#enabled.get(id));
		this.#enabled.delete(id);
		if (enabled)
			this.#enabled.set(
				id,
				setTimeout(() => this.set(id, false), this.#autoOffMs),
			);
		this.#changed(this.enabled());
	}

	enabled(): FaultId[] {
		return [...this.#enabled.keys()];
	}

	list(): { id: string; title: string; description: string; enabled: boolean }[] {
		return FAULTS.map((fault) => ({ ...fault, enabled: this.#enabled.has(fault.id) }));
	}

	/** Forgets all, tells nobody. */
	close(): void {
		for (const timer of this.#enabled.values()) clearTimeout(timer);
		this.#enabled.clear();
	}
}
