/**
 * What is kept of the traces that begin here: all or none of them, a probability from 0 to 1, so many a second, or whatever
 * the first matching rule says.
 */
export type Keep = "all" | "none" | number | `${number}/s` | readonly Rule[];

export interface Rule {
	/**
	 * `GET /users/:id`, `/api/*` (any method, anything below), or a span's name for what is no HTTP request: `process orders-*`;
	 * `*` is everything. A star in the middle of a path is one segment.
	 */
	match: string;
	keep: Exclude<Keep, readonly Rule[]>;
}

/** Hold traces back until they are over, so that those with an error and slow ones are kept whatever `keep` says. */
export interface Tail {
	/** From when on a trace is slow; 1 s. */
	slowMs?: number;
	/** How many traces may wait; 2,000. */
	traces?: number;
	/** How many spans may wait, of all traces; 20,000. */
	spans?: number;
	/** How much memory they may take, estimated; 32 MB. */
	bytes?: number;
	/** How long a trace may wait for its end; 30 s. */
	waitMs?: number;
}

export interface SamplerChoice {
	keep: Keep;
	/** Decide for traces that were begun elsewhere, too. Inside this process a trace is always decided once. */
	ignoreParent?: boolean;
	tail?: Tail;
}

export const KEEP_ALL: SamplerChoice = { keep: "all" };

const NAMES = ["always_on", "always_off", "traceidratio", "ratelimiting", "rules"];
const DEFAULT_RATE = 10;

/**
 * The sampler that OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG ask for.
 *
 * @param complain is told what could not be understood; what remains is used.
 */
export function readSampler(
	name: string | undefined,
	argument: string | undefined,
	complain: (problem: string) => void,
): SamplerChoice {
	const given = name?.trim().toLowerCase() ?? "parentbased_always_on";
	if (given === "tail" || given === "parentbased_tail") {
		return readTail(argument ?? "", complain);
	}
	const kind = given.replace(/^parentbased_/, "");
	const choice = NAMES.includes(kind) ? { keep: readKeep(kind, argument, complain) } : undefined;
	if (choice === undefined) {
		const known = NAMES.map((known) => `[parentbased_]${known}`).join(", ");
		complain(`OTEL_TRACES_SAMPLER=${given} is not one of ${known}, tail; using parentbased_always_on`);
		return KEEP_ALL;
	}
	return kind === given ? { ...choice, ignoreParent: true } : choice;
}

function readKeep(kind: string, argument: string | undefined, complain: (problem: string) => void): Keep {
	const number = argument === undefined ? Number.NaN : Number(argument.replace(/\s*\/\s*s$/, ""));
	switch (kind) {
		case "always_off":
			return "none";
		case "traceidratio":
			if (number >= 0 && number <= 1) {
				return number;
			}
			complain(`OTEL_TRACES_SAMPLER_ARG=${argument ?? ""} is not a probability from 0 to 1; using 1`);
			return 1;
		case "ratelimiting":
			if (number >= 0 && Number.isFinite(number)) {
				return `${number}/s`;
			}
			complain(`OTEL_TRACES_SAMPLER_ARG=${argument ?? ""} is not a number of traces a second; using ${DEFAULT_RATE}`);
			return `${DEFAULT_RATE}/s`;
		case "rules": {
			const rules = readRules(parts(argument ?? ""), complain);
			if (rules.length === 0) {
				complain('OTEL_TRACES_SAMPLER_ARG holds no rule like "GET /search=0.1; *=5/s"; keeping all');
			}
			return rules;
		}
		default:
			return "all";
	}
}

/** What belongs to no rule is kept: whoever names what to thin out has not asked to lose the rest. */
function readRules(texts: readonly string[], complain: (problem: string) => void): Rule[] {
	return texts.flatMap((text): Rule[] => {
		const at = text.lastIndexOf("=");
		const match = text.slice(0, at).trim();
		const keep = readShare(text.slice(at + 1).trim());
		if (at <= 0 || match === "" || keep === undefined) {
			complain(`OTEL_TRACES_SAMPLER_ARG: "${text}" is not a rule like "GET /search=0.1" or "/api/*=5/s"; ignored`);
			return [];
		}
		return [{ match, keep }];
	});
}

function readShare(text: string): Rule["keep"] | undefined {
	if (text === "always_on") {
		return "all";
	}
	if (text === "always_off") {
		return "none";
	}
	const rate = /^(\d+(?:\.\d+)?)\s*\/\s*s$/.exec(text)?.[1];
	if (rate !== undefined) {
		return `${Number(rate)}/s`;
	}
	const share = text === "" ? Number.NaN : Number(text);
	return share >= 0 && share <= 1 ? share : undefined;
}

const LIMITS: Record<string, { key: keyof Tail; units: Record<string, number> }> = {
	slow: { key: "slowMs", units: { ms: 1, s: 1000 } },
	wait: { key: "waitMs", units: { ms: 1, s: 1000 } },
	traces: { key: "traces", units: { "": 1 } },
	spans: { key: "spans", units: { "": 1 } },
	bytes: { key: "bytes", units: { "": 1, kb: 1e3, mb: 1e6 } },
};

function readTail(argument: string, complain: (problem: string) => void): SamplerChoice {
	const tail: Tail = {};
	const rest: string[] = [];
	let keep: Rule["keep"] = 0;
	for (const part of parts(argument)) {
		const [name = "", value = ""] = part.split("=").map((piece) => piece.trim());
		const limit = LIMITS[name];
		const share = readShare(part);
		if (share !== undefined) {
			keep = share;
		} else if (limit === undefined) {
			rest.push(part);
		} else {
			const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(value) ?? [];
			const factor = limit.units[unit.toLowerCase()];
			if (digits === undefined || factor === undefined || Number(digits) <= 0) {
				complain(`OTEL_TRACES_SAMPLER_ARG: "${part}" is not a limit like "slow=500ms" or "bytes=16MB"; ignored`);
			} else {
				tail[limit.key] = Number(digits) * factor;
			}
		}
	}
	const rules = readRules(rest, complain);
	// In a tail the rest need not be kept: errors and slow ones are.
	return { keep: rules.length === 0 ? keep : [...rules, { match: "*", keep }], tail };
}

function parts(text: string): string[] {
	return text
		.split(/[;\n]/)
		.map((part) => part.trim())
		.filter((part) => part !== "");
}

/** For the line at the start. */
export function describeSampler({ keep, ignoreParent, tail }: SamplerChoice): string {
	const base = ignoreParent === true ? "" : "parentbased_";
	const head =
		keep === "all"
			? `${base}always_on`
			: keep === "none"
				? `${base}always_off`
				: typeof keep === "number"
					? `${base}traceidratio ${keep}`
					: typeof keep === "string"
						? `${base}ratelimiting ${keep}`
						: `${base}rules ${keep.map((rule) => `${rule.match}=${rule.keep}`).join("; ")}`;
	return tail === undefined ? head : `tail (errors, from ${tail.slowMs ?? 1_000} ms on) over ${head}`;
}
