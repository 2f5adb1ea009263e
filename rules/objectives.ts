/** `slo.yaml`, read and checked. */
import { parse } from "yaml";
import { z } from "zod";
import { InvalidInput } from "../core/ports.ts";

/** Of a burn-rate alert: what is left of the objective must be able to burn this fast, or the alert can never fire. */
export const FAST_BURN = 14.4;
export const SLOW_BURN = 6;
const LEAST_PERCENT = Math.ceil((1 - 1 / FAST_BURN) * 1000) / 10;

/**
 * Bounds, in milliseconds, that are buckets of the semantic conventions' histograms and of Tempo's span metrics as configured here: the only
 * times within which requests can be counted.
 */
export const BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000] as const;

const percent = z
	.number("a number of percent, e.g. 99.5")
	.min(LEAST_PERCENT, `at least ${LEAST_PERCENT}: less can never burn ${FAST_BURN} times as fast as it may`)
	.max(99.999, "less than 100: something must be allowed to fail");

const objectiveSchema = z
	.strictObject({
		availability: percent.optional(),
		latency: z
			.strictObject({
				percent,
				within_ms: z.number("milliseconds, e.g. 250").refine((ms) => (BOUNDS_MS as readonly number[]).includes(ms), {
					message: `a bound of the histogram's buckets: ${BOUNDS_MS.join(", ")}`,
				}),
			})
			.optional(),
	})
	.refine(({ availability, latency }) => availability !== undefined || latency !== undefined, {
		message: "availability or latency, or both",
	});

const fileSchema = z.strictObject({
	services: z
		.record(
			z.string().regex(/^[^"\\\n|]{1,200}$/, "a service's name: without \", \\ and |"),
			objectiveSchema,
			"objectives by the name of their service",
		)
		.refine((services) => Object.keys(services).length > 0, { message: "at least one service" }),
});

export type Objectives = z.output<typeof fileSchema>["services"];

/** Throws InvalidInput that names each value that does not fit, where it stands, and what does. */
export function readObjectives(text: string): Objectives {
	let value: unknown;
	try {
		value = parse(text);
	} catch (error) {
		throw new InvalidInput(`slo.yaml is not YAML: ${(error as Error).message}`);
	}
	const parsed = fileSchema.safeParse(value, { reportInput: true });
	if (parsed.success) return parsed.data.services;
	const said = parsed.error.issues.map(({ path, message, input, code }) => {
		const where = path.join(".") || "slo.yaml";
		return code === "unrecognized_keys" ? `${where}: ${message}` : `${where}: ${shown(input)} is not ${message}`;
	});
	throw new InvalidInput(`slo.yaml: ${said.join("; ")}`);
}

function shown(value: unknown): string {
	const text = value === undefined ? "nothing" : (JSON.stringify(value) ?? String(value));
	return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
