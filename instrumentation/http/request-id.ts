import { randomUUID } from "node:crypto";

const ACCEPTED = /^[A-Za-z0-9][A-Za-z0-9._:+/=@~-]{0,127}$/;

/**
 * The caller's X-Request-ID when it is 1-128 characters of letters, digits and `._:+/=@~-`; a new UUID otherwise. What
 * fails the check is replaced, never cut or escaped: it would no longer be the caller's id, and could be an injection.
 */
export function requestId(header: string | string[] | undefined): string {
	return typeof header === "string" && ACCEPTED.test(header) ? header : randomUUID();
}
