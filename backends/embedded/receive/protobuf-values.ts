/** OTLP's common messages in protobuf: attributes, resource, scope. */
import { setAttribute } from "../../../core/attribute-value.ts";
import type { Attributes, AttributeValue } from "../../../core/model.ts";
import { InvalidInput } from "../../../core/ports.ts";
import { Interner } from "./interner.ts";
import type { Wire } from "./wire.ts";

/** As core's JSON reader: deeper nesting rejects the item that carries it. */
const MAX_DEPTH = 32;
/** Of one list, and of an item's attributes, events or links. */
export const MAX_ENTRIES = 10_000;
const keys = new Interner();
const values = new Interner();

/** Text of a field that has few different values. */
export function knownText(wire: Wire): string {
	const length = wire.length();
	const from = wire.pos;
	wire.pos = from + length;
	return keys.text(wire.bytes, from, wire.pos);
}

/** A KeyValue field, added to `attributes`; the last of equal keys wins, entries without a key are left out. */
export function readKeyValue(wire: Wire, attributes: Attributes, depth = 0): void {
	const outer = wire.enter();
	let key = "";
	let value: AttributeValue = null;
	for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
		if (tag === 0x0a) key = knownText(wire);
		else if (tag === 0x12) value = readAnyValue(wire, depth);
		else wire.skip(tag);
	}
	wire.leave(outer);
	if (key !== "") setAttribute(attributes, key, value);
}

/** An AnyValue field. Integers past 2^53 are decimal strings, bytes base64. */
export function readAnyValue(wire: Wire, depth: number): AttributeValue {
	if (depth > MAX_DEPTH) throw new TooMuch(`an attribute value is nested deeper than ${MAX_DEPTH} levels`);
	const outer = wire.enter();
	let value: AttributeValue = null;
	for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
		switch (tag) {
			case 0x0a: {
				const length = wire.length();
				const from = wire.pos;
				wire.pos = from + length;
				value = values.text(wire.bytes, from, wire.pos);
				break;
			}
			case 0x10:
				wire.varint64();
				value = wire.lo !== 0 || wire.hi !== 0;
				break;
			case 0x18:
				wire.varint64();
				value = wire.signed();
				break;
			case 0x21:
				value = wire.double();
				break;
			case 0x2a:
				value = readArray(wire, depth + 1);
				break;
			case 0x32: {
				const nested: Attributes = {};
				const list = wire.enter();
				let entries = 0;
				for (let entry = wire.tag(); entry !== 0; entry = wire.tag()) {
					if (++entries > MAX_ENTRIES) throw new TooMuch(`a map of more than ${MAX_ENTRIES} entries`);
					if (entry === 0x0a) readKeyValue(wire, nested, depth + 1);
					else wire.skip(entry);
				}
				wire.leave(list);
				value = nested;
				break;
			}
			case 0x3a:
				value = wire.slice().toString("base64");
				break;
			default:
				wire.skip(tag);
		}
	}
	wire.leave(outer);
	return value;
}

function readArray(wire: Wire, depth: number): AttributeValue[] {
	const items: AttributeValue[] = [];
	const outer = wire.enter();
	for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
		if (items.length > MAX_ENTRIES) throw new TooMuch(`a list of more than ${MAX_ENTRIES} values`);
		if (tag === 0x0a) items.push(readAnyValue(wire, depth));
		else wire.skip(tag);
	}
	wire.leave(outer);
	return items;
}

/** More than any program sends: the item is rejected, unlike broken bytes, which reject the request. */
export class TooMuch extends InvalidInput {}

/** Adds an attribute of an item, within limits. `count` is how many it has. */
export function readItemAttribute(wire: Wire, attributes: Attributes, count: number): void {
	if (count > MAX_ENTRIES) throw new TooMuch(`more than ${MAX_ENTRIES} attributes`);
	readKeyValue(wire, attributes);
}

/** A Resource field. */
export function readResource(wire: Wire): Attributes {
	const attributes: Attributes = {};
	const outer = wire.enter();
	let count = 0;
	for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
		if (tag === 0x0a) readItemAttribute(wire, attributes, ++count);
		else wire.skip(tag);
	}
	wire.leave(outer);
	return attributes;
}

/** An InstrumentationScope field. */
export function readScope(wire: Wire): { name: string; version: string } {
	const scope = { name: "", version: "" };
	const outer = wire.enter();
	for (let tag = wire.tag(); tag !== 0; tag = wire.tag()) {
		if (tag === 0x0a) scope.name = knownText(wire);
		else if (tag === 0x12) scope.version = knownText(wire);
		else wire.skip(tag);
	}
	wire.leave(outer);
	return scope;
}
