/** The incidents in the console's state: read, and changed by what Alertmanager says. */
import { z } from "@hono/zod-openapi";
import { type AlertMessage, hear, type Incident, isFiring } from "../../core/incidents.ts";
import { Conflict, Overloaded, type StateRecord, type StateStore } from "../../core/ports.ts";
import { uuidV7 } from "./uuid-v7.ts";

const KIND = "incident";
/** Incidents looked through for a group's: no more are kept. */
const MOST = 1_000;
const PAGE = 200;
const MOST_TRIES = 5;
const MOST_WAITING = 100;

const strings = z.record(z.string(), z.string());
const storedIncident: z.ZodType<Incident> = z.object({
	groupKey: z.string(),
	groupLabels: strings,
	receiver: z.string(),
	externalUrl: z.string(),
	alerts: z
		.array(
			z.object({
				fingerprint: z.string(),
				startsAtMs: z.number(),
				endsAtMs: z.number().nullable(),
				endAssumed: z.boolean(),
				labels: strings,
				annotations: strings,
				generatorUrl: z.string(),
			}),
		)
		.min(1),
	unlisted: z.number(),
	firstHeardMs: z.number(),
	lastHeardMs: z.number(),
});

export interface KeptIncident {
	id: string;
	revision: number;
	incident: Incident;
}

/** For the store that has to make room: what fires stays. */
export function mayForgetIncident(record: StateRecord): boolean {
	if (record.kind !== KIND) return true;
	const kept = read(record);
	return kept === null || !isFiring(kept.incident);
}

export class IncidentBook {
	readonly #state: StateStore;
	#turn: Promise<unknown> = Promise.resolve();
	#waiting = 0;

	constructor(state: StateStore) {
		this.#state = state;
	}

	async get(id: string): Promise<KeptIncident | null> {
		const record = await this.#state.get(KIND, id);
		return record && read(record);
	}

	/** Newest first, all of them. */
	async all(): Promise<KeptIncident[]> {
		const found: KeptIncident[] = [];
		let cursor: string | undefined;
		for (let looked = 0; looked < MOST; looked += PAGE) {
			const page = await this.#state.list(KIND, { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
			for (const record of page.records) {
				const kept = read(record);
				if (kept !== null) found.push(kept);
			}
			if (page.nextCursor === undefined) break;
			cursor = page.nextCursor;
		}
		return found;
	}

	/** Durable when it resolves, with the ids of the incidents it spoke of. One message at a time: each sees what the one before made. */
	async hear(message: AlertMessage): Promise<string[]> {
		if (this.#waiting >= MOST_WAITING) throw new Overloaded("too many alert messages wait to be kept", 5);
		this.#waiting++;
		const mine = this.#turn.then(() => this.#keep(message));
		this.#turn = mine.catch(() => undefined);
		try {
			return await mine;
		} finally {
			this.#waiting--;
		}
	}

	async #keep(message: AlertMessage): Promise<string[]> {
		for (let attempt = 1; ; attempt++) {
			const known = (await this.all()).filter(({ incident }) => incident.groupKey === message.groupKey);
			const changes = hear(
				known.map(({ incident }) => incident),
				message,
			);
			try {
				const kept = await Promise.all(
					changes.map(({ index, incident }) => {
						const old = index === null ? null : (known[index] as KeptIncident);
						const id = old?.id ?? uuidV7(Date.now());
						return this.#state.put({ kind: KIND, id, revision: old?.revision ?? 0, body: incident });
					}),
				);
				return kept.map(({ id }) => id);
			} catch (error) {
				// Another replica heard something at the same time. Hearing what was kept before the conflict again changes nothing.
				if (!(error instanceof Conflict) || attempt === MOST_TRIES) throw error;
			}
		}
	}
}

const readBefore = new WeakMap<object, Incident | null>();

/** null: written by a version that knew another shape. */
function read({ id, revision, body }: StateRecord): KeptIncident | null {
	if (typeof body !== "object" || body === null) return null;
	let incident = readBefore.get(body);
	if (incident === undefined) {
		incident = storedIncident.safeParse(body).data ?? null;
		readBefore.set(body, incident);
	}
	return incident && { id, revision, incident };
}
