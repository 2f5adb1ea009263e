/** The fields OTLP/JSON's three signals have in common, each checked where it is read. */
import { describe, readAttributes } from "../attribute-value.ts";
import { normaliseSpanId, normaliseTraceId } from "../ids.ts";
import type { Attributes, SpanId, TraceId } from "../model.ts";
import { InvalidInput } from "../ports.ts";
import { MAX_UNIX_NANO } from "../time.ts";
import { type JsonObject, listAt, objectAt, parseJson, textAt } from "./json.ts";

/** What could not be used: how many items, and why the first of them. */
export interface Rejected {
	count: number;
	/** Names the first rejected item's place and value; empty when none was rejected. */
	reason: string;
}

export interface Scope {
	name: string;
	version: string;
	attributes: Attributes;
}

const CONTAINERS = {
	spans: ["resourceSpans", "scopeSpans", "spans"],
	logs: ["resourceLogs", "scopeLogs", "logRecords"],
	metrics: ["resourceMetrics", "scopeMetrics", "metrics"],
} as const;
const OLD_NAMES: Record<string, string> = { resourceSpans: "batches", scopeSpans: "instrumentationLibrarySpans" };

/**
 * Walks an export request (text or parsed) and hands each item over with its resource and scope. What `visit` throws as
 * `InvalidInput` rejects that one item; a wrong container throws, naming its path. Tempo's `{"trace": {...}}` and `batches`
 * are read too.
 */
export function readItems(
	input: string | object,
	signal: keyof typeof CONTAINERS,
	visit: (item: JsonObject, resource: Attributes, scope: Scope) => void,
	/** How many items one entry stands for when it is rejected. */
	weigh: (item: unknown) => number = () => 1,
): Rejected {
	const [resourceKey, scopeKey, itemKey] = CONTAINERS[signal];
	const rejected: Rejected = { count: 0, reason: "" };
	const root = objectAt(typeof input === "string" ? parseJson(input) : input, "the request");
	const request = root.trace !== undefined && signal === "spans" ? objectAt(root.trace, "trace") : root;
	const resources = container(request, resourceKey);
	if (resources === undefined && Object.keys(request).length > 0) {
		throw new InvalidInput(`no ${resourceKey} in the request; it has ${Object.keys(request).slice(0, 5).join(", ")}`);
	}
	listAt(resources, resourceKey).forEach((entry, r) => {
		const resourcePath = `${resourceKey}[${r}]`;
		const resourceEntry = objectAt(entry, resourcePath);
		const resource = attributesAt(resourceEntry.resource, `${resourcePath}.resource`);
		listAt(container(resourceEntry, scopeKey), `${resourcePath}.${scopeKey}`).forEach((scopeEntry, s) => {
			const scopePath = `${resourcePath}.${scopeKey}[${s}]`;
			const scoped = objectAt(scopeEntry, scopePath);
			const scope = readScope(scoped, scopePath);
			const items = listAt(scoped[itemKey], `${scopePath}.${itemKey}`);
			for (let i = 0; i < items.length; i++) {
				try {
					visit(objectAt(items[i], "the item"), resource, scope);
				} catch (error) {
					if (!(error instanceof InvalidInput)) throw error;
					rejected.count += weigh(items[i]);
					if (rejected.reason === "") rejected.reason = `${scopePath}.${itemKey}[${i}]: ${error.message}`;
				}
			}
		});
	});
	return rejected;
}

function container(parent: JsonObject, key: string): unknown {
	return parent[key] ?? parent[OLD_NAMES[key] ?? key];
}

function attributesAt(holder: unknown, path: string): Attributes {
	if (holder === undefined || holder === null) return {};
	try {
		return readAttributes(objectAt(holder, path).attributes);
	} catch (error) {
		throw error instanceof InvalidInput ? new InvalidInput(`${path}: ${error.message}`) : error;
	}
}

function readScope(scoped: JsonObject, path: string): Scope {
	const scope = scoped.scope ?? scoped.instrumentationLibrary;
	if (scope === undefined || scope === null) return { name: "", version: "", attributes: {} };
	const { name, version } = objectAt(scope, `${path}.scope`);
	return {
		name: textAt(name, `${path}.scope.name`),
		version: textAt(version, `${path}.scope.version`),
		attributes: attributesAt(scope, `${path}.scope`),
	};
}

/** A trace ID that must be there: 16 or 32 hex digits or base64. */
export function traceIdAt(value: unknown): TraceId {
	const id = typeof value === "string" && value.length >= 16 ? normaliseTraceId(value) : null;
	if (id === null) throw new InvalidInput(`traceId is ${describe(value)}, not 32 hex digits other than all zeros`);
	return id;
}

/** A span ID that must be there. */
export function spanIdAt(value: unknown, field = "spanId"): SpanId {
	const id = optionalSpanId(value, field);
	if (id === null) throw new InvalidInput(`${field} is ${describe(value)}, not 16 hex digits other than all zeros`);
	return id;
}

/** null for the spellings of "none": absent, empty and all zeros. */
export function optionalSpanId(value: unknown, field: string): SpanId | null {
	if (value === undefined || value === null || value === "") return null;
	if (typeof value === "string") {
		const id = value.length >= 11 ? normaliseSpanId(value) : null;
		if (id !== null || /^(0+|A+=?)$/.test(value)) return id;
	}
	throw new InvalidInput(`${field} is ${describe(value)}, not 16 hex digits`);
}

/** Nanoseconds since the epoch, from a decimal string or a number. Absent is null; beyond 63 bits throws. */
export function nanoAt(value: unknown, field: string): bigint | null {
	if (value === undefined || value === null || value === "") return null;
	if (typeof value === "string" && /^\d{1,19}$/.test(value)) {
		const nano = BigInt(value);
		if (nano <= MAX_UNIX_NANO) return nano;
	} else if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 63) {
		return BigInt(value);
	}
	throw new InvalidInput(`${field} is ${describe(value)}, not nanoseconds since 1970 as a decimal string`);
}

/** An unsigned count: a decimal string or a number. */
export function countAt(value: unknown, field: string): number {
	if (value === undefined || value === null) return 0;
	const number = typeof value === "string" && /^\d{1,20}$/.test(value) ? Number(value) : value;
	if (typeof number === "number" && number >= 0 && Number.isFinite(number)) return number;
	throw new InvalidInput(`${field} is ${describe(value)}, not a count`);
}

/** An enum given as its number or its name (`SPAN_KIND_SERVER`); unknown ones are the first. */
export function enumAt<T>(value: unknown, names: readonly string[], values: readonly [T, ...T[]]): T {
	const index = typeof value === "string" && !/^\d+$/.test(value) ? names.indexOf(value) : Number(value ?? 0);
	return values[index] ?? values[0];
}
