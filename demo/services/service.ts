/** The start of every service: its names, its logger, its port. Import it before anything that opens connections. */
import { pino } from "pino";
import { portOf, resolveShopNames } from "../addresses.ts";
import { type FaultSwitches, runChild } from "../child.ts";

export const log = pino({ level: process.env.LOG_LEVEL ?? "info" });

/** Runs a service; `start` listens on the given port of 127.0.0.1 and resolves when it does. */
export function runService(name: string, start: (port: number, faults: FaultSwitches) => Promise<void>): void {
	resolveShopNames();
	runChild(async (faults) => {
		const startedMs = performance.now();
		await start(portOf(name), faults);
		log.info({ port: portOf(name), took_ms: Math.round(performance.now() - startedMs) }, `${name} is ready`);
	});
}
