/** The frame that OTLP's three requests share: resources, in them scopes, in them items. */
import type { Rejected } from "../../../core/formats/otlp-fields.ts";
import type { Attributes } from "../../../core/model.ts";
import { InvalidInput } from "../../../core/ports.ts";
import type { ResourceRow } from "../store/batch.ts";
import { readResource, readScope } from "./protobuf-values.ts";
import type { Wire } from "./wire.ts";

export class RejectedItems implements Rejected {
	count = 0;
	reason = "";

	/** `reason` is only asked for the first. */
	add(reason: () => string, items = 1): void {
		this.count += items;
		if (this.reason === "") this.reason = reason();
	}
}

/** Called with the wire before an item field's length. `path` names the item, e.g. `resourceSpans[0].scopeSpans[0].spans[3]`. */
export type GroupVisitor = (resource: ResourceRow, path: () => string, rejected: RejectedItems) => void;

export const OVER_QUOTA = "its service sends more than its share while the store is near its capacity";
/** Resources and scopes of one request. */
const MAX_GROUPS = 100_000;
const NAMES = {
	spans: ["resourceSpans", "scopeSpans", "spans"],
	logs: ["resourceLogs", "scopeLogs", "logRecords"],
} as const;

/**
 * Walks an export request. Fields may come in any order, so resource and scope are looked for first. A resource that `resourceOf` answers
 * with null is turned away: its items are rejected.
 */
export function readGroups(
	wire: Wire,
	signal: keyof typeof NAMES,
	resourceOf: (attributes: Attributes, scopeName: string, scopeVersion: string) => ResourceRow | null,
	visit: GroupVisitor,
): Rejected {
	const [resourceName, scopeName, itemName] = NAMES[signal];
	const rejected = new RejectedItems();
	let groups = 0;
	let r = 0;
	let s = 0;
	let i = 0;
	const path = () => `${resourceName}[${r}].${scopeName}[${s}].${itemName}[${i}]`;
	for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
		if (tag !== 0x0a) {
			wire.skip(tag);
			continue;
		}
		const outer = wire.enter();
		const attributes = find(wire, readResource) ?? {};
		s = 0;
		for (let inner = wire.tag(); inner !== 0; inner = wire.tag()) {
			if (inner !== 0x12) {
				wire.skip(inner);
				continue;
			}
			if (++groups > MAX_GROUPS) throw new InvalidInput(`more than ${MAX_GROUPS} resources and scopes in one request`);
			const resourceEnd = wire.enter();
			const scope = find(wire, readScope);
			let resource: ResourceRow | null | undefined;
			i = 0;
			for (let item = wire.tag(); item !== 0; item = wire.tag()) {
				if (item !== 0x12) {
					wire.skip(item);
					continue;
				}
				// Only now: a resource without items is not kept.
				resource ??= resourceOf(attributes, scope?.name ?? "", scope?.version ?? "");
				if (resource === null) {
					wire.skip(item);
					rejected.add(() => `${path()}: ${OVER_QUOTA}`);
				} else visit(resource, path, rejected);
				i++;
			}
			wire.leave(resourceEnd);
			s++;
		}
		wire.leave(outer);
		r++;
	}
	return rejected;
}

/** Reads field 1 of the message the wire is in, wherever it stands, and goes back to the start. */
function find<T>(wire: Wire, read: (wire: Wire) => T): T | null {
	const start = wire.pos;
	let found: T | null = null;
	for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
		if (tag === 0x0a) {
			found = read(wire);
			// Fields are written in order by every encoder there is; a second one would be merged, which nobody does.
			break;
		}
		wire.skip(tag);
	}
	wire.pos = start;
	return found;
}
