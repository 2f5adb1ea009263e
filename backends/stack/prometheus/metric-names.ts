/** One metric has many names in Prometheus: translated from OTLP or not, with its unit or without, and a suffix by type. */
import { RED_PROFILES, type RedProfile } from "../../../core/red.ts";
import { escapeRegex } from "./promql.ts";

/** A way in which the duration histogram of a profile may be stored. */
export interface RedVariant {
	profile: RedProfile;
	/** The metric's name, with `_bucket` when `native` is false. */
	name: string;
	/** A native histogram: whole in one series. */
	native: boolean;
}

/** In order of preference: profiles as `RED_PROFILES` says, of one profile classic buckets first, which old and new instances both have. */
export const RED_VARIANTS: readonly RedVariant[] = RED_PROFILES.flatMap((profile) => {
	const names = spellings(profile);
	return [
		...names.map((name): RedVariant => ({ profile, name: `${name}_bucket`, native: false })),
		...names.map((name): RedVariant => ({ profile, name, native: true })),
	];
});

/** Every name of the profile's histogram: as Prometheus translates it, with dots, and each without the unit. */
function spellings(profile: RedProfile): string[] {
	const unit = /_(seconds|milliseconds)$/.exec(profile.metric)?.[0] ?? "";
	const dotted = profile.otlpNames.filter((name) => name.includes("."));
	return [
		...new Set([
			profile.metric,
			...profile.otlpNames.filter((name) => !name.includes(".")),
			...dotted.flatMap((name) => [`${name}${unit}`, name, name.replaceAll(".", "_")]),
		]),
	];
}

const SUFFIXES = ["", "_total", "_count", "_bucket", "_sum"] as const;

/** RE2 text for the names under which a metric called so (in OTLP or in Prometheus) may be stored, its parts included. */
export function namesPattern(metric: string): string {
	const profile = RED_PROFILES.find((one) => one.metric === metric || one.otlpNames.includes(metric));
	const names = profile ? spellings(profile) : [...new Set([metric, metric.replace(/[^A-Za-z0-9_:]+/g, "_")])];
	const escaped = names.map(escapeRegex).join("|");
	// A gauge of unit "1" is a `_ratio`.
	const units = profile === undefined ? `(_(${Object.keys(UCUM).join("|")}))?` : "";
	return `(${escaped})${units}(${SUFFIXES.filter(Boolean).join("|")})?`;
}

/** The metric's name without the part of it that a series holds: `_bucket` and the like. */
export function familyOf(name: string): string {
	return name.replace(/_(bucket|count|sum|total)$/, "");
}

/** The unit that the name ends with, in UCUM as OTLP writes it; "" when it has none. */
export function unitOf(name: string): string {
	const word = /_([a-z]+)$/.exec(familyOf(name))?.[1] ?? "";
	return UCUM[word] ?? "";
}

const UCUM: Readonly<Record<string, string>> = {
	seconds: "s",
	milliseconds: "ms",
	microseconds: "us",
	nanoseconds: "ns",
	minutes: "min",
	hours: "h",
	days: "d",
	bytes: "By",
	kibibytes: "KiBy",
	mebibytes: "MiBy",
	gibibytes: "GiBy",
	kilobytes: "kBy",
	megabytes: "MBy",
	gigabytes: "GBy",
	ratio: "1",
	percent: "%",
	celsius: "Cel",
	hertz: "Hz",
	volts: "V",
	amperes: "A",
	joules: "J",
	watts: "W",
	meters: "m",
	grams: "g",
};
