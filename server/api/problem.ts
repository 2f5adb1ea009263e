/** Every failure as RFC 9457 `application/problem+json`: what was wrong, and what to do next. */
import { HTTPException } from "hono/http-exception";
import {
	Conflict,
	DeadlineExceeded,
	InvalidInput,
	NotConfigured,
	NotSupported,
	Overloaded,
	Unavailable,
} from "../../core/ports.ts";
import type { Problem } from "./schema.ts";

/** A failure with its own status and hints; anything thrown that is not one of the ports' errors is a 500. */
export class ProblemError extends Error {
	override name = "ProblemError";
	readonly problem: Problem;
	constructor(status: number, title: string, detail: string, hints?: string[]) {
		super(detail);
		this.problem = { type: "about:blank", title, status, detail, ...(hints ? { hints } : {}) };
	}
}

export function toProblem(error: unknown): Problem {
	if (error instanceof ProblemError) return error.problem;
	const detail = error instanceof Error ? error.message : String(error);
	const of = (status: number, title: string, hints?: string[]): Problem => ({
		type: "about:blank",
		title,
		status,
		detail,
		...(hints ? { hints } : {}),
	});
	if (error instanceof InvalidInput) return of(400, "Invalid input");
	if (error instanceof Overloaded) return of(503, "Overloaded", [`Try again in ${error.retryAfterS} s.`]);
	if (error instanceof DeadlineExceeded) return of(504, "Took too long", ["Ask for a shorter window."]);
	if (error instanceof Unavailable) return of(503, "Store unavailable", ["See /status for the state of each store."]);
	if (error instanceof NotConfigured) return of(501, "Not configured", ["See /status for what is configured."]);
	if (error instanceof NotSupported) return of(501, "Not on this backend");
	if (error instanceof Conflict) return of(409, "Changed meanwhile", ["Read it again and decide again."]);
	if (error instanceof HTTPException) return of(error.status, error.message || "Refused");
	return of(500, "Internal error", ["The server's log has the stack."]);
}

export function problemResponse(problem: Problem, headers: Record<string, string> = {}): Response {
	return new Response(JSON.stringify(problem), {
		status: problem.status,
		headers: { "content-type": "application/problem+json", ...headers },
	});
}
