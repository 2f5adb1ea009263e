/** Keeps the dependency cycle bounded: every request that belongs to it counts its rounds in a header. */
const HEADER = "x-risk-round";
const ROUNDS = 2;

export interface Hop {
	headers: Record<string, string>;
	fields: { risk_round: number };
}

/** The first request of a cycle. */
export function firstHop(): Hop {
	return hop(1);
}

/** What to send on within this round; null for a request that is not part of a cycle. */
export function nextHop(headers: Record<string, unknown>): Hop | null {
	const round = Number(headers[HEADER]);
	return round >= 1 && round <= ROUNDS ? hop(round) : null;
}

/** The next round's hop; null when this was the last. */
export function nextRound(headers: Record<string, unknown>): Hop | null {
	const round = Number(headers[HEADER]);
	return round >= 1 && round < ROUNDS ? hop(round + 1) : null;
}

function hop(round: number): Hop {
	return { headers: { [HEADER]: String(round) }, fields: { risk_round: round } };
}
