/** From a port's answer to what the API says about it. */
import type { TimeWindow } from "../../core/model.ts";
import { type Answer, NotConfigured } from "../../core/ports.ts";
import { nanoToMs } from "../../core/time.ts";
import { toProblem } from "./problem.ts";

export interface Section {
	status: "ok" | "empty" | "partial" | "error" | "not configured";
	reason?: string;
	source: string;
	window: { fromMs: number; toMs: number } | null;
	query: string;
}

export function windowAnswer(window: TimeWindow | null): { fromMs: number; toMs: number } | null {
	return window && { fromMs: nanoToMs(window.fromUnixNano), toMs: nanoToMs(window.toUnixNano) };
}

export function section(answer: Answer<unknown>): Section {
	return {
		status: answer.status,
		...(answer.reasons.length > 0 ? { reason: answer.reasons.map(sentence).join(" ") } : {}),
		source: answer.source,
		window: windowAnswer(answer.window),
		query: answer.query,
	};
}

function sentence(reason: string): string {
	const text = reason.charAt(0).toUpperCase() + reason.slice(1);
	return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** A part that failed does not take the page down: it says so in its own section. */
export function failedSection(error: unknown): Section {
	const status = error instanceof NotConfigured ? "not configured" : "error";
	return { status, reason: toProblem(error).detail, source: "", window: null, query: "" };
}

export function emptySection(reason: string): Section {
	return { status: "empty", reason, source: "", window: null, query: "" };
}
