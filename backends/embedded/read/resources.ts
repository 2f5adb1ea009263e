/** The dictionary of resources: content never changes under an id, so what was read once is kept. */
import type { Attributes } from "../../../core/model.ts";
import type { Column, Database, SqlValue } from "../store/database.ts";

export interface Resource {
	attributes: Attributes;
	scopeName: string;
	scopeVersion: string;
}

interface ResourceRow {
	id: bigint;
	attributes: string;
	scope_name: string;
	scope_version: string;
}

/** How many are kept. A resource is a process with a scope: thousands are many. */
const KEPT = 20_000;

export class Resources {
	private readonly db: Database;
	private readonly known = new Map<bigint, Resource>();

	constructor(db: Database) {
		this.db = db;
	}

	/** The resources of these ids; an id that the store does not know is left out. */
	async of(ids: Column, signal: AbortSignal): Promise<ReadonlyMap<bigint, Resource>> {
		const wanted = new Set(ids as Iterable<bigint>);
		const found = new Map<bigint, Resource>();
		const missing: bigint[] = [];
		for (const id of wanted) {
			const resource = this.known.get(id);
			if (resource) found.set(id, resource);
			else missing.push(id);
		}
		for (let i = 0; i < missing.length; i += 500) {
			const part = missing.slice(i, i + 500);
			const params: Record<string, SqlValue> = Object.fromEntries(part.map((id, n) => [`id${n}`, id]));
			const rows = await this.db.all<ResourceRow>(
				`select id, attributes, scope_name, scope_version from resources where id in (${part.map((_, n) => `$id${n}`).join(", ")})`,
				params,
				signal,
			);
			for (const row of rows) {
				const resource = {
					attributes: JSON.parse(row.attributes) as Attributes,
					scopeName: row.scope_name,
					scopeVersion: row.scope_version,
				};
				found.set(row.id, resource);
				if (this.known.size >= KEPT) this.known.clear();
				this.known.set(row.id, resource);
			}
		}
		return found;
	}
}
