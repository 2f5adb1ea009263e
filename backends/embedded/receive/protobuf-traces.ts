/** ExportTraceServiceRequest in protobuf, straight into columns. */

import type { Rejected } from "../../../core/formats/otlp-fields.ts";
import { type Attributes, SPAN_KINDS } from "../../../core/model.ts";
import { peerOf } from "../../../core/peer.ts";
import { routeOf } from "../../../core/route.ts";
import { weightOf } from "../../../core/sampling.ts";
import type { ResourceRow } from "../store/batch.ts";
import { type GroupVisitor, readGroups } from "./protobuf-groups.ts";
import { knownText, MAX_ENTRIES, readItemAttribute, readKeyValue, TooMuch } from "./protobuf-values.ts";
import { SpanDraft, type SpanRows } from "./span-rows.ts";
import type { Wire } from "./wire.ts";

/** Adds the request's spans to `rows`. Broken bytes throw `InvalidInput`; a bad span is counted and the rest kept. */
export function readProtobufTraces(
	wire: Wire,
	rows: SpanRows,
	resourceOf: (attributes: Attributes, scopeName: string, scopeVersion: string) => ResourceRow | null,
): Rejected {
	const draft = new SpanDraft();
	const visit: GroupVisitor = (resource, path, rejected) => {
		const problem = readSpan(wire, draft);
		if (problem === null) rows.add(draft, resource);
		else rejected.add(() => `${path()}: ${problem}`);
	};
	return readGroups(wire, "spans", resourceOf, visit);
}

/** Null, or why the span is rejected; the wire is behind the span in any case. */
function readSpan(wire: Wire, draft: SpanDraft): string | null {
	const outer = wire.enter();
	const { end } = wire;
	try {
		return readFields(wire, draft);
	} catch (error) {
		if (!(error instanceof TooMuch)) throw error;
		wire.end = end;
		return error.message;
	} finally {
		wire.leave(outer);
	}
}

function readFields(wire: Wire, draft: SpanDraft): string | null {
	const { view } = wire;
	let attributes = 0;
	let traceLength = 0;
	let spanLength = 0;
	let parentLength = 0;
	let startLo = 0;
	let startHi = 0;
	let endLo = 0;
	let endHi = 0;
	let kind = 0;
	draft.traceHiLo = draft.traceHiHi = draft.traceLoLo = draft.traceLoHi = 0;
	draft.spanLo = draft.spanHi = draft.parentLo = draft.parentHi = 0;
	draft.name = draft.traceState = draft.statusMessage = "";
	draft.status = 0;
	draft.attributes = {};
	if (draft.events.length > 0) draft.events = [];
	if (draft.links.length > 0) draft.links = [];
	for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
		switch (tag) {
			case 0x0a: {
				traceLength = wire.length();
				const at = wire.pos;
				if (traceLength === 16) {
					draft.traceHiHi = view.getUint32(at);
					draft.traceHiLo = view.getUint32(at + 4);
					draft.traceLoHi = view.getUint32(at + 8);
					draft.traceLoLo = view.getUint32(at + 12);
				}
				wire.pos = at + traceLength;
				break;
			}
			case 0x12: {
				spanLength = wire.length();
				const at = wire.pos;
				if (spanLength === 8) {
					draft.spanHi = view.getUint32(at);
					draft.spanLo = view.getUint32(at + 4);
				}
				wire.pos = at + spanLength;
				break;
			}
			case 0x1a:
				draft.traceState = knownText(wire);
				break;
			case 0x22: {
				parentLength = wire.length();
				const at = wire.pos;
				if (parentLength === 8) {
					draft.parentHi = view.getUint32(at);
					draft.parentLo = view.getUint32(at + 4);
				}
				wire.pos = at + parentLength;
				break;
			}
			case 0x2a:
				draft.name = knownText(wire);
				break;
			case 0x30:
				kind = wire.varint32();
				break;
			case 0x39:
				wire.fixed64();
				startLo = wire.lo;
				startHi = wire.hi;
				break;
			case 0x41:
				wire.fixed64();
				endLo = wire.lo;
				endHi = wire.hi;
				break;
			case 0x4a:
				readItemAttribute(wire, draft.attributes, ++attributes);
				break;
			case 0x5a:
				if (draft.events.length >= MAX_ENTRIES) throw new TooMuch(`more than ${MAX_ENTRIES} events`);
				draft.events.push(readEvent(wire));
				break;
			case 0x6a:
				if (draft.links.length >= MAX_ENTRIES) throw new TooMuch(`more than ${MAX_ENTRIES} links`);
				readLink(wire, draft);
				break;
			case 0x7a:
				readStatus(wire, draft);
				break;
			default:
				wire.skip(tag);
		}
	}
	if (traceLength !== 16) return `traceId has ${traceLength} bytes, not 16`;
	if (draft.traceHiLo === 0 && draft.traceHiHi === 0 && draft.traceLoLo === 0 && draft.traceLoHi === 0) {
		return "traceId is all zeros";
	}
	if (spanLength !== 8) return `spanId has ${spanLength} bytes, not 8`;
	if (draft.spanLo === 0 && draft.spanHi === 0) return "spanId is all zeros";
	if (parentLength !== 0 && parentLength !== 8) return `parentSpanId has ${parentLength} bytes, not 8`;
	if (startHi >= 0x80000000) return "startTimeUnixNano lies beyond the year 2262";
	if (endHi >= 0x80000000) return "endTimeUnixNano lies beyond the year 2262";
	let durationHi = endHi - startHi;
	let durationLo = endLo - startLo;
	if (durationLo < 0) {
		durationLo += 0x100000000;
		durationHi--;
	}
	if (durationHi < 0) {
		const nano = (lo: number, hi: number) => (BigInt(hi) << 32n) | BigInt(lo);
		return `endTimeUnixNano ${nano(endLo, endHi)} is before startTimeUnixNano ${nano(startLo, startHi)}`;
	}
	draft.startLo = startLo;
	draft.startHi = startHi;
	draft.durationLo = durationLo;
	draft.durationHi = durationHi;
	draft.hasParent = draft.parentLo !== 0 || draft.parentHi !== 0;
	draft.kind = kind < SPAN_KINDS.length ? kind : 0;
	const kindName = SPAN_KINDS[draft.kind]!;
	draft.route = routeOf(kindName, !draft.hasParent, draft.name, draft.attributes);
	draft.peer = draft.kind >= 3 ? peerOf(kindName, draft.attributes) : null;
	draft.weight = draft.traceState === "" ? 1 : weightOf(draft.traceState);
	return null;
}

function readStatus(wire: Wire, draft: SpanDraft): void {
	const outer = wire.enter();
	for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
		if (tag === 0x12) draft.statusMessage = knownText(wire);
		else if (tag === 0x18) {
			const code = wire.varint32();
			draft.status = code <= 2 ? code : 0;
		} else wire.skip(tag);
	}
	wire.leave(outer);
}

function readEvent(wire: Wire): SpanDraft["events"][number] {
	const event = { timeUnixNano: "0", name: "", attributes: {} as Attributes };
	const outer = wire.enter();
	for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
		if (tag === 0x09) {
			wire.fixed64();
			event.timeUnixNano = String(wire.unsigned());
		} else if (tag === 0x12) event.name = knownText(wire);
		else if (tag === 0x1a) readKeyValue(wire, event.attributes);
		else wire.skip(tag);
	}
	wire.leave(outer);
	return event;
}

/** A link to nowhere is no reason to lose the span: it is left out. */
function readLink(wire: Wire, draft: SpanDraft): void {
	let traceId = "";
	let spanId = "";
	const attributes: Attributes = {};
	const outer = wire.enter();
	for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
		if (tag === 0x0a) traceId = wire.slice().toString("hex");
		else if (tag === 0x12) spanId = wire.slice().toString("hex");
		else if (tag === 0x22) readKeyValue(wire, attributes);
		else wire.skip(tag);
	}
	wire.leave(outer);
	if (traceId.length === 32 && spanId.length === 16 && !/^0+$/.test(traceId) && !/^0+$/.test(spanId)) {
		draft.links.push({ traceId, spanId, attributes });
	}
}
