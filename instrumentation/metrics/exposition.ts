import { say } from "../say.ts";
import type { Exemplar, Family, Labels, NumberPoint } from "./family.ts";

export const TEXT_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";
export const OPENMETRICS_CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

export type Format = "text" | "openmetrics";

/**
 * The format an Accept header asks for: OpenMetrics when it is named with a quality of at least text's. OpenMetrics is the
 * only one that can carry exemplars.
 */
export function negotiate(accept: string | undefined): Format {
	let openmetrics = 0;
	let text = 0;
	for (const part of (accept ?? "").split(",")) {
		const [type = "", ...parameters] = part.split(";").map((piece) => piece.trim().toLowerCase());
		const q = parameters.find((parameter) => parameter.startsWith("q="));
		const quality = q === undefined ? 1 : Number(q.slice(2));
		if (!Number.isFinite(quality)) {
			continue;
		}
		const version = parameters.find((parameter) => parameter.startsWith("version="))?.slice(8);
		if (
			type === "application/openmetrics-text" &&
			(version === undefined || version === "1.0.0" || version === "0.0.1")
		) {
			openmetrics = Math.max(openmetrics, quality);
		} else if (type === "text/plain" || type === "text/*" || type === "*/*") {
			text = Math.max(text, quality);
		}
	}
	return openmetrics > 0 && openmetrics >= text ? "openmetrics" : "text";
}

/** All families as one page. Nothing is changed by writing it, so both formats can be asked for in turn. */
export function expose(families: readonly Family[], format: Format): string {
	return format === "openmetrics" ? openMetrics(families) : prometheusText(families);
}

const TEXT_TYPES: Partial<Record<Family["type"], string>> = { unknown: "untyped", info: "gauge" };
/** What OpenMetrics takes off a sample's name to find its family. */
const SUFFIXES: Partial<Record<Family["type"], string>> = { counter: "_total", info: "_info" };

function prometheusText(families: readonly Family[]): string {
	const out: string[] = [];
	for (const family of families) {
		out.push(`# HELP ${family.name} ${escapeHelp(family.help)}`);
		out.push(`# TYPE ${family.name} ${TEXT_TYPES[family.type] ?? family.type}`);
		samples(out, family, family.name, "", false);
	}
	return `${out.join("\n")}\n`;
}

function openMetrics(families: readonly Family[]): string {
	const out: string[] = [];
	const taken = new Set<string>();
	for (const family of families) {
		const suffix = SUFFIXES[family.type] ?? "";
		const name = suffix !== "" && family.name.endsWith(suffix) ? family.name.slice(0, -suffix.length) : family.name;
		const produced = namesOf(name, family.type);
		// Two families that would share a sample name make the whole page invalid: the later one is left out.
		if (produced.some((sample) => taken.has(sample))) {
			say(`${family.name} is not on the OpenMetrics page: another metric has one of its names`);
			continue;
		}
		for (const sample of produced) {
			taken.add(sample);
		}
		out.push(`# TYPE ${name} ${family.type}`);
		if (family.help !== "") {
			out.push(`# HELP ${name} ${escapeLabel(family.help)}`);
		}
		samples(out, family, name, suffix, true);
	}
	out.push("# EOF");
	return `${out.join("\n")}\n`;
}

function namesOf(name: string, type: Family["type"]): string[] {
	switch (type) {
		case "counter":
			return [name, `${name}_total`, `${name}_created`];
		case "histogram":
			return [name, `${name}_bucket`, `${name}_count`, `${name}_sum`, `${name}_created`];
		case "info":
			return [name, `${name}_info`];
		case "summary":
			return [name, `${name}_count`, `${name}_sum`, `${name}_created`];
		default:
			return [name];
	}
}

function samples(out: string[], family: Family, name: string, suffix: string, strict: boolean): void {
	switch (family.type) {
		case "histogram":
			for (const point of family.points) {
				let cumulated = 0;
				for (let index = 0; index <= point.bounds.length; index++) {
					cumulated += point.counts[index] ?? 0;
					const bound = index < point.bounds.length ? point.bounds[index]! : Number.POSITIVE_INFINITY;
					const le = strict ? canonical(bound) : numberText(bound);
					out.push(
						`${name}_bucket${labelText(point.labels, "le", le)} ${cumulated}${strict ? exemplarText(point.exemplars[index]) : ""}`,
					);
				}
				// With negative values a sum can fall: OpenMetrics wants it left out, and the count with it.
				if (!strict || ((point.bounds[0] ?? 0) >= 0 && point.sum >= 0)) {
					out.push(`${name}_count${labelText(point.labels)} ${point.count}`);
					out.push(`${name}_sum${labelText(point.labels)} ${numberText(point.sum)}`);
				}
			}
			break;
		case "summary":
			for (const point of family.points) {
				for (const { quantile, value } of point.quantiles) {
					if (strict && value < 0) {
						continue;
					}
					const q = strict ? canonical(quantile) : numberText(quantile);
					out.push(`${name}${labelText(point.labels, "quantile", q)} ${numberText(value)}`);
				}
				out.push(`${name}_count${labelText(point.labels)} ${point.count}`);
				if (!strict || point.sum >= 0) {
					out.push(`${name}_sum${labelText(point.labels)} ${numberText(point.sum)}`);
				}
			}
			break;
		default:
			for (const point of family.points as NumberPoint[]) {
				// A counter that is not a number, or negative, would make strict readers refuse the page.
				if (strict && family.type === "counter" && !(point.value >= 0)) {
					continue;
				}
				const exemplar = strict && family.type === "counter" ? exemplarText(point.exemplar) : "";
				out.push(`${name}${suffix}${labelText(point.labels)} ${numberText(point.value)}${exemplar}`);
			}
	}
}

function labelText(labels: Labels, extra?: string, extraValue?: string): string {
	let text = "";
	for (const key in labels) {
		text += `${text === "" ? "" : ","}${key}="${escapeLabel(labels[key]!)}"`;
	}
	if (extra !== undefined) {
		text += `${text === "" ? "" : ","}${extra}="${extraValue}"`;
	}
	return text === "" ? "" : `{${text}}`;
}

function exemplarText(exemplar: Exemplar | undefined): string {
	if (exemplar === undefined) {
		return "";
	}
	const at = Number.isFinite(exemplar.atMs) ? ` ${(exemplar.atMs / 1000).toFixed(3)}` : "";
	return ` # ${labelText(exemplar.labels) || "{}"} ${numberText(exemplar.value)}${at}`;
}

/** Numbers as every reader takes them: `NaN`, `+Inf`, `-Inf`, else JavaScript's shortest spelling. */
export function numberText(value: number): string {
	return Number.isFinite(value) ? String(value) : Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

/** The one spelling OpenMetrics wants for `le` and `quantile`: Go's shortest %g, with `.0` behind whole numbers. */
export function canonical(value: number): string {
	if (!Number.isFinite(value)) {
		return numberText(value);
	}
	if (value === 0) {
		return "0.0";
	}
	const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
	const exponent = Number(exponentText);
	if (exponent < -4 || exponent >= 6) {
		const digits = Math.abs(exponent);
		return `${mantissa}e${exponent < 0 ? "-" : "+"}${digits < 10 ? "0" : ""}${digits}`;
	}
	const plain = String(value);
	return plain.includes(".") ? plain : `${plain}.0`;
}

function escapeHelp(text: string): string {
	return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
	return /[\\"\n]/.test(text) ? text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n") : text;
}
