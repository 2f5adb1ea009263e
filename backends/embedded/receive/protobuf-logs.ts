/** ExportLogsServiceRequest in protobuf, straight into columns. */
import type { Rejected } from "../../../core/formats/otlp-fields.ts";
import type { Attributes, AttributeValue } from "../../../core/model.ts";
import { traceOfAttributes } from "../../../core/route.ts";
import type { ResourceRow } from "../store/batch.ts";
import { LogDraft, type LogRows } from "./log-rows.ts";
import { type GroupVisitor, readGroups } from "./protobuf-groups.ts";
import { knownText, readAnyValue, readItemAttribute, TooMuch } from "./protobuf-values.ts";
import type { Wire } from "./wire.ts";
import { wordsOf } from "./words.ts";

/** Adds the request's records to `rows`; a record without any time takes that of its arrival. */
export function readProtobufLogs(
	wire: Wire,
	rows: LogRows,
	receivedNs: bigint,
	resourceOf: (attributes: Attributes, scopeName: string, scopeVersion: string) => ResourceRow | null,
): Rejected {
	const draft = new LogDraft();
	const visit: GroupVisitor = (resource, path, rejected) => {
		const problem = readRecord(wire, draft, receivedNs);
		if (problem === null) rows.add(draft, resource);
		else rejected.add(() => `${path()}: ${problem}`);
	};
	return readGroups(wire, "logs", resourceOf, visit);
}

function readRecord(wire: Wire, draft: LogDraft, receivedNs: bigint): string | null {
	const outer = wire.enter();
	const { end } = wire;
	try {
		return readFields(wire, draft, receivedNs);
	} catch (error) {
		if (!(error instanceof TooMuch)) throw error;
		wire.end = end;
		return error.message;
	} finally {
		wire.leave(outer);
	}
}

function readFields(wire: Wire, draft: LogDraft, receivedNs: bigint): string | null {
	const { view } = wire;
	let attributes = 0;
	let body: AttributeValue = null;
	let eventName = "";
	let observedLo = 0;
	let observedHi = 0;
	draft.timeLo = draft.timeHi = draft.severityNumber = 0;
	draft.severityText = "";
	draft.hasTrace = draft.hasSpan = false;
	draft.attributes = {};
	for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
		switch (tag) {
			case 0x09:
				wire.fixed64();
				draft.timeLo = wire.lo;
				draft.timeHi = wire.hi;
				break;
			case 0x59:
				wire.fixed64();
				observedLo = wire.lo;
				observedHi = wire.hi;
				break;
			case 0x10: {
				const severity = wire.varint32();
				draft.severityNumber = severity <= 24 ? severity : 0;
				break;
			}
			case 0x1a:
				draft.severityText = knownText(wire);
				break;
			case 0x2a:
				body = readAnyValue(wire, 0);
				break;
			case 0x32:
				readItemAttribute(wire, draft.attributes, ++attributes);
				break;
			case 0x4a: {
				const length = wire.length();
				const at = wire.pos;
				if (length === 16) {
					draft.traceHiHi = view.getUint32(at);
					draft.traceHiLo = view.getUint32(at + 4);
					draft.traceLoHi = view.getUint32(at + 8);
					draft.traceLoLo = view.getUint32(at + 12);
					draft.hasTrace = (draft.traceHiHi | draft.traceHiLo | draft.traceLoHi | draft.traceLoLo) !== 0;
				}
				wire.pos = at + length;
				break;
			}
			case 0x52: {
				const length = wire.length();
				const at = wire.pos;
				if (length === 8) {
					draft.spanHi = view.getUint32(at);
					draft.spanLo = view.getUint32(at + 4);
					draft.hasSpan = (draft.spanHi | draft.spanLo) !== 0;
				}
				wire.pos = at + length;
				break;
			}
			case 0x62:
				eventName = knownText(wire);
				break;
			default:
				wire.skip(tag);
		}
	}
	if (draft.timeLo === 0 && draft.timeHi === 0) {
		draft.timeLo = observedLo;
		draft.timeHi = observedHi;
	}
	if (draft.timeLo === 0 && draft.timeHi === 0) [draft.timeLo, draft.timeHi] = wordsOf(receivedNs);
	if (draft.timeHi >= 0x80000000) return "timeUnixNano lies beyond the year 2262";
	if (!draft.hasTrace) {
		const { traceId, spanId } = traceOfAttributes(draft.attributes);
		draft.setIds(traceId, spanId);
	}
	draft.body = body === null ? eventName : typeof body === "string" ? body : JSON.stringify(body);
	return null;
}
