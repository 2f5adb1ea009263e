/**
 * What every process of the shop does: wait for the supervisor's go, say when it is ready, follow the fault switches, and end when
 * the supervisor ends, however that came about.
 */
import type { FaultId } from "./faults.ts";
import { type FromChild, toChildSchema } from "./messages.ts";

export interface FaultSwitches {
	has(id: FaultId): boolean;
	/** Called with every change of this fault, and at once when it is on already. */
	watch(id: FaultId, changed: (enabled: boolean) => void): void;
}

const FORCED_EXIT_MS = 3_000;

export function tell(message: FromChild): void {
	if (process.connected) process.send?.(message, () => {});
}

/** Runs `start` once the supervisor says so; a rejection ends the process with its stack on stderr. */
export function runChild(start: (faults: FaultSwitches) => Promise<void>): void {
	let enabled = new Set<string>();
	const watchers: { id: FaultId; changed: (enabled: boolean) => void }[] = [];
	const switches: FaultSwitches = {
		has: (id) => enabled.has(id),
		watch(id, changed) {
			watchers.push({ id, changed });
			if (enabled.has(id)) changed(true);
		},
	};
	process.on("message", (raw) => {
		const message = toChildSchema.safeParse(raw);
		if (!message.success) return;
		const before = enabled;
		enabled = new Set(message.data.faults);
		if (message.data.type === "start") {
			start(switches).then(
				() => tell({ type: "ready" }),
				(error: unknown) => {
					console.error(error);
					process.exit(1);
				},
			);
			return;
		}
		for (const { id, changed } of watchers) if (before.has(id) !== enabled.has(id)) changed(enabled.has(id));
	});
	process.on("disconnect", end);
}

/** The instrumentation flushes on SIGTERM and lets the signal through; nothing may outlive the supervisor by more than a moment. */
function end(): void {
	setTimeout(() => process.kill(process.pid, "SIGKILL"), FORCED_EXIT_MS);
	process.kill(process.pid, "SIGTERM");
}
