/**
 * Who may speak to this server. On loopback the browser is the danger: any web page can send requests to localhost, so foreign Hosts (DNS rebinding)
 * and foreign Origins (cross-site requests) are refused. Bound elsewhere a token is demanded of everyone.
 */
import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { ProblemError } from "./api/problem.ts";

export interface GuardOptions {
	/** Host names (without port) this server answers to, besides loopback's. */
	allowedHosts: readonly string[];
	/** Demanded of every request when set. */
	token: string | null;
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);
export const TOKEN_COOKIE = "trivet_token";

const JSON_TYPES = ["application/json"];
const IMPORT_TYPES = ["application/json", "application/x-ndjson", "application/gzip", "application/octet-stream"];

/** Throws a ProblemError when the request may not pass. Headers are Node's, lower case. */
export function guard(request: IncomingMessage, options: GuardOptions): void {
	const host = request.headers.host ?? "";
	const name = hostName(host);
	const known = options.allowedHosts.some((allowed) => allowed.toLowerCase() === name);
	if (!LOOPBACK.has(name) && !known) {
		throw new ProblemError(403, "Foreign host", `This server does not answer to the host "${host.slice(0, 100)}".`, [
			"Open it as http://localhost, or name the host in TRIVET_ALLOWED_HOSTS.",
		]);
	}
	const origin = request.headers.origin;
	if (origin !== undefined && !sameHost(origin, host)) {
		throw new ProblemError(403, "Foreign origin", `Requests from ${origin.slice(0, 100)} are refused.`, [
			"Only the console's own pages may call its API from a browser.",
		]);
	}
	if (request.headers["sec-fetch-site"] === "cross-site" && request.headers["sec-fetch-mode"] !== "navigate") {
		throw new ProblemError(403, "Cross-site request", "A page of another site sent this request; it is refused.");
	}
	if (!SAFE_METHODS.has(request.method ?? "GET")) demandContentType(request);
	if (options.token !== null && !tokenGiven(request, options.token)) {
		throw new ProblemError(401, "Token needed", "This server is bound beyond loopback and demands its token.", [
			"Send Authorization: Bearer <TRIVET_TOKEN>, or open /?token=<TRIVET_TOKEN> once in the browser.",
		]);
	}
}

/** Forms and plain text can be posted across sites without a preflight; what we take cannot. */
function demandContentType(request: IncomingMessage): void {
	const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
	const accepted = request.url?.startsWith("/api/import") ? IMPORT_TYPES : JSON_TYPES;
	if (!accepted.includes(type)) {
		throw new ProblemError(415, "Unsupported content type", `"${type.slice(0, 100)}" is not taken here.`, [
			`Send ${accepted.join(" or ")}.`,
		]);
	}
}

function hostName(host: string): string {
	const bracket = host.startsWith("[") ? host.indexOf("]") + 1 : 0;
	const colon = host.indexOf(":", bracket);
	return (colon === -1 ? host : host.slice(0, colon)).toLowerCase();
}

function sameHost(origin: string, host: string): boolean {
	try {
		return new URL(origin).host.toLowerCase() === host.toLowerCase();
	} catch {
		return false;
	}
}

function tokenGiven(request: IncomingMessage, token: string): boolean {
	const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
	const cookie = (request.headers.cookie ?? "")
		.split(/;\s*/)
		.find((part) => part.startsWith(`${TOKEN_COOKIE}=`))
		?.slice(TOKEN_COOKIE.length + 1);
	return [bearer, cookie && decodeURIComponentSafe(cookie), tokenOfUrl(request.url)].some(
		(given) => given !== undefined && given !== null && equalInConstantTime(given, token),
	);
}

/** `/?token=...`: how a browser gets in; the server answers it with the cookie and a redirect. */
export function tokenOfUrl(url: string | undefined): string | null {
	return new URL(url ?? "/", "http://localhost").searchParams.get("token");
}

function decodeURIComponentSafe(text: string): string | undefined {
	try {
		return decodeURIComponent(text);
	} catch {
		return undefined;
	}
}

function equalInConstantTime(given: string, wanted: string): boolean {
	const a = Buffer.from(given);
	const b = Buffer.from(wanted);
	return a.length === b.length && timingSafeEqual(a, b);
}
