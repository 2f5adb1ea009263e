/** Every failure as RFC 9457 `application/problem+json`: what was wrong, and what to do next. */
import { HTTPException } from "hono/http-exception";
import { DeadlineExceeded, InvalidInput, Overloaded, Unavailable } from "../../core/ports.ts";
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

/** For a query language that is a capability of other backends. */
export function refuseRaw(parameter: string, language: string, given: string | undefined): void {
	if (given === undefined) return;
	throw new ProblemError(
		501,
		"Not on this backend",
		`${parameter}= takes ${language}, which the embedded backend does not speak.`,
		["Say it in the search text (q=), or run Trivet over the engine that speaks it."],
	);
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
	if (error instanceof HTTPException) return of(error.status, error.message || "Refused");
	return of(500, "Internal error", ["The server's log has the stack."]);
}

export function problemResponse(problem: Problem, headers: Record<string, string> = {}): Response {
	return new Response(JSON.stringify(problem), {
		status: problem.status,
		headers: { "content-type": "application/problem+json", ...headers },
	});
}
