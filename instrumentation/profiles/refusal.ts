import { say } from "../say.ts";
import { ProfileBusy } from "./profile.ts";

/** An answer that is no profile: the HTTP status, and what to do about it. */
export class Refusal extends Error {
	readonly status: number;
	readonly headers: Record<string, string>;

	constructor(status: number, detail: string, headers: Record<string, string> = {}) {
		super(detail);
		this.status = status;
		this.headers = headers;
	}
}

export function asRefusal(error: unknown): Refusal {
	if (error instanceof Refusal) {
		return error;
	}
	if (error instanceof ProfileBusy) {
		return new Refusal(409, `${error.message}.`, { "Retry-After": String(error.secondsLeft) });
	}
	const message = error instanceof Error ? error.message : String(error);
	say(`the profile failed: ${message}`);
	return new Refusal(500, message);
}
