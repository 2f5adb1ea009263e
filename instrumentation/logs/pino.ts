import type { LogCapture, LoggerKeys } from "./capture.ts";
import { activeIds, idText, type LineIds, staticText, withIds } from "./line-fields.ts";
import type { Shippers } from "./shippers.ts";

/** What of pino's module is used; everything else about a logger is reached through its published symbols. */
export interface PinoModule {
	(options: object, stream: { write(line: string): void }): object;
	symbols: Record<string, symbol>;
	version?: string;
}

type AsJson = (this: Logger, object: Record<string, unknown>, message: unknown, level: number, time: string) => string;
type Logger = Record<symbol, unknown> & { levels?: { labels?: Record<number, string> } };

/** What every line carries. */
export type StaticFields = Readonly<Record<"service" | "env" | "version", string>>;

interface Symbols {
	asJson: symbol;
	chindings: symbol;
	lsCache: symbol;
	nestedKey: symbol;
	messageKey: symbol;
	errorKey: symbol;
	formatters: symbol;
	stream: symbol | undefined;
}

const PATCHED = Symbol.for("trivet.instrumentation.pino");

/**
 * Give every line of every pino logger its ids: wraps `asJson` on the prototype all loggers share (those made before, too)
 * and appends to its `time` argument, so the fields land at the top level, before the logger's own bindings.
 *
 * @param shippers knows whose lines are sent already. @returns false when this pino is not built the way we know, and was left alone.
 */
export function patchPino(
	pino: PinoModule,
	fields: StaticFields,
	capture: LogCapture | undefined,
	shippers: Shippers | undefined,
): boolean {
	const symbols = namesOf(pino);
	if (symbols === undefined) {
		return false;
	}
	const probe = pino({ level: "silent" }, { write() {} });
	let prototype: object | null = probe;
	while (prototype !== null && !Object.hasOwn(prototype, symbols.asJson)) {
		prototype = Object.getPrototypeOf(prototype);
	}
	const shared = prototype as (Logger & { [PATCHED]?: boolean }) | null;
	const original = shared?.[symbols.asJson] as AsJson | undefined;
	if (shared === null || typeof original !== "function" || original.length < 4) {
		return false;
	}
	if (shared[PATCHED] === true) {
		return true;
	}
	shared[PATCHED] = true;
	const fieldsOf = fieldReader(symbols, fields);
	const keysOf = keyReader(symbols, shippers);

	shared[symbols.asJson] = function asJson(
		this: Logger,
		object: Record<string, unknown>,
		message: unknown,
		level: number,
		time: string,
	): string {
		let extra = "";
		let ids: LineIds | undefined;
		try {
			ids = activeIds();
			extra = fieldsOf(this, object, ids);
		} catch {
			// The line matters more than our fields.
		}
		let line = original.call(this, object, message, level, extra === "" ? time : time + extra);
		if (extra !== "" && (this[symbols.formatters] as { log?: unknown } | undefined)?.log !== undefined) {
			line = withoutRepeats(line, ((this[symbols.lsCache] as string[])[level] ?? "").length + time.length, extra);
		}
		if (capture !== undefined) {
			try {
				const keys = keysOf(this);
				if (keys !== undefined) {
					capture.line(line, level, ids, keys);
				}
			} catch {
				// As above.
			}
		}
		return line;
	} satisfies AsJson;
	return true;
}

/**
 * `formatters.log` can add fields that nobody could see beforehand. Where one of ours comes twice, the line's own stays.
 *
 * @param at where `extra` begins in `line`.
 */
function withoutRepeats(line: string, at: number, extra: string): string {
	const after = at + extra.length;
	const ours = [...extra.matchAll(/,("[a-z_]+":)("(?:[^"\\]|\\.)*")/g)];
	if (!ours.some(([, key]) => line.includes(`,${key!}`, after)) || line.slice(at, after) !== extra) {
		return line;
	}
	try {
		const own = JSON.parse(`${line.slice(0, at)}${line.slice(after)}`) as Record<string, unknown>;
		const ownTrace = Object.hasOwn(own, "trace_id");
		const kept = ours
			.filter(([, key]) => {
				const name = key!.slice(1, -2);
				return !Object.hasOwn(own, name) && !(ownTrace && (name === "span_id" || name === "trace_flags"));
			})
			.map(([whole]) => whole)
			.join("");
		return `${line.slice(0, at)}${kept}${line.slice(after)}`;
	} catch {
		return line;
	}
}

function namesOf(pino: PinoModule): Symbols | undefined {
	const of = pino.symbols;
	const [asJson, chindings, lsCache] = [of?.asJsonSym, of?.chindingsSym, of?.lsCacheSym];
	const [nestedKey, messageKey, errorKey, formatters] = [
		of?.nestedKeySym,
		of?.messageKeySym,
		of?.errorKeySym,
		of?.formattersSym,
	];
	return asJson && chindings && lsCache && nestedKey && messageKey && errorKey && formatters
		? { asJson, chindings, lsCache, nestedKey, messageKey, errorKey, formatters, stream: of?.streamSym }
		: undefined;
}

/** Where a logger puts things; undefined when its lines are sent by something else. */
function keyReader(symbols: Symbols, shippers: Shippers | undefined): (logger: Logger) => LoggerKeys | undefined {
	const known = new WeakMap<Logger, LoggerKeys | "shipped">();
	const read = (logger: Logger): LoggerKeys | "shipped" => {
		if (symbols.stream !== undefined && shippers?.ships(logger[symbols.stream]) === true) {
			return "shipped";
		}
		const nested = logger[symbols.nestedKey];
		return {
			message: String(logger[symbols.messageKey] ?? "msg"),
			error: String(logger[symbols.errorKey] ?? "err"),
			nested: typeof nested === "string" ? nested : undefined,
			levelName: (level) => logger.levels?.labels?.[level],
		};
	};
	return (logger) => {
		let keys = known.get(logger);
		if (keys === undefined) {
			keys = read(logger);
			known.set(logger, keys);
		}
		return keys === "shipped" ? undefined : keys;
	};
}

/** Per logger: the text of the static fields its own bindings do not already hold. Recomputed when bindings change. */
interface Known {
	chindings: string;
	text: string;
	bound: ReadonlySet<string>;
	/** None of the ids is among them. */
	takesIds: boolean;
	nested: boolean;
}

const IDS = ["trace_id", "span_id", "trace_flags", "request_id"] as const;
const KEYS = ["service", "env", "version", ...IDS] as const;

/** One of ours is among the line's own fields. Spelt out: a loop over the names costs more than all the rest. */
function clashes(own: Record<string, unknown>): boolean {
	return (
		own.trace_id !== undefined ||
		own.service !== undefined ||
		own.request_id !== undefined ||
		own.version !== undefined ||
		own.env !== undefined ||
		own.span_id !== undefined ||
		own.trace_flags !== undefined
	);
}

function fieldReader(symbols: Symbols, fields: StaticFields) {
	const known = new WeakMap<Logger, Known>();

	const learn = (logger: Logger, chindings: string): Known => {
		const bound = new Set<string>(KEYS.filter((key) => chindings.includes(`,"${key}":`)));
		const fresh: Known = {
			chindings,
			bound,
			text: staticText(fields, (key) => bound.has(key)),
			takesIds: !IDS.some((key) => bound.has(key)),
			nested: Boolean(logger[symbols.nestedKey]),
		};
		known.set(logger, fresh);
		return fresh;
	};

	return (logger: Logger, given: Record<string, unknown> | null, ids: LineIds | undefined): string => {
		const chindings = logger[symbols.chindings] as string;
		let of = known.get(logger);
		if (of === undefined || of.chindings !== chindings) {
			of = learn(logger, chindings);
		}
		// Under nestedKey the line's own fields are elsewhere and cannot clash.
		const own = of.nested || given === null || given === undefined || !clashes(given) ? undefined : given;
		if (own === undefined && of.takesIds) {
			return ids === undefined ? of.text : withIds(of.text, ids);
		}
		const { bound } = of;
		const has = (key: string): boolean => bound.has(key) || own?.[key] !== undefined;
		return staticText(fields, has) + (ids === undefined ? "" : idText(ids, has));
	};
}
