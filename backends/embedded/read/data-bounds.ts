/** Where in time the store has anything: no query needs to look elsewhere. */
import type { TimeWindow } from "../../../core/model.ts";
import { earlier, later } from "../../../core/time.ts";
import type { Database } from "../store/database.ts";

/** From the earliest to after the latest thing held; null while the store is empty. Costs nothing. */
export function dataBounds(db: Database): TimeWindow | null {
	let bounds: TimeWindow | null = null;
	for (const { fromNs, toNs } of db.segments()) {
		if (fromNs === null || toNs === null) continue;
		bounds = {
			fromUnixNano: bounds === null ? fromNs : earlier(bounds.fromUnixNano, fromNs),
			toUnixNano: bounds === null ? toNs + 1n : later(bounds.toUnixNano, toNs + 1n),
		};
	}
	return bounds;
}

/** The part of the window (of all time when null) that can hold something; null when there is none. */
export function clipToData(window: TimeWindow | null, db: Database): TimeWindow | null {
	const bounds = dataBounds(db);
	if (bounds === null || window === null) return bounds;
	const fromUnixNano = later(window.fromUnixNano, bounds.fromUnixNano);
	const toUnixNano = earlier(window.toUnixNano, bounds.toUnixNano);
	return fromUnixNano < toUnixNano ? { fromUnixNano, toUnixNano } : null;
}
