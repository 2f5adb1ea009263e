import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { trace } from "@opentelemetry/api";
import { activeContext } from "../active-context.ts";
import { profileOfWorker } from "./cluster.ts";
import { checkSeconds, MOST_SECONDS, type ProfileKind } from "./profile.ts";
import { type ProfiledProcess, type ProfileFile, type ProfileWish, takeProfileFile } from "./profile-file.ts";
import { asRefusal, Refusal } from "./refusal.ts";

export type ProfileHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

type Format = ProfileWish["format"];

/** Trace IDs in the header; all of them would not fit. */
const MOST_IN_HEADER = 100;

const TITLES: Record<number, string> = {
	400: "Bad Request",
	401: "Unauthorized",
	404: "Not Found",
	405: "Method Not Allowed",
	406: "Not Acceptable",
	409: "Conflict",
	500: "Internal Server Error",
	502: "Bad Gateway",
	504: "Gateway Timeout",
};

/**
 * Answers `GET .../cpu` and `.../heap` with a profile of this process, or with `pid` of a worker of its cluster, to whoever has
 * the token. Refusals are problem details (RFC 9457). Whoever hangs up ends the profile.
 *
 * @param token undefined: there is nothing here for anybody.
 */
export function profileHandler(of: ProfiledProcess & { token: string | undefined }): ProfileHandler {
	const expected = of.token === undefined ? undefined : digest(of.token);
	return async (request, response) => {
		const gone = new AbortController();
		response.on("close", () => gone.abort());
		try {
			if (expected === undefined) {
				throw new Refusal(404, "Profiles are off. Set TRIVET_PROFILE_TOKEN and start the process again.");
			}
			const { pid, ...wish } = read(request, expected);
			const file =
				pid === undefined || pid === process.pid
					? await takeProfileFile(wish, of, gone.signal, trace.getSpanContext(activeContext())?.traceId)
					: await profileOfWorker(pid, wish, gone.signal);
			answer(response, file, wish.format);
		} catch (error) {
			if (!gone.signal.aborted) {
				refuse(response, error);
			}
		}
	};
}

function read(request: IncomingMessage, expected: Buffer): ProfileWish & { pid: number | undefined } {
	const { authorization } = request.headers;
	const token = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
	if (token === undefined || !timingSafeEqual(digest(token), expected)) {
		throw new Refusal(
			401,
			token === undefined
				? "Send the token of TRIVET_PROFILE_TOKEN as `Authorization: Bearer <token>`."
				: "This is not the token of TRIVET_PROFILE_TOKEN.",
			{ "WWW-Authenticate": token === undefined ? "Bearer" : 'Bearer error="invalid_token"' },
		);
	}
	const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
	const kind = /\/(cpu|heap)\/?$/.exec(pathname)?.[1] as ProfileKind | undefined;
	if (kind === undefined) {
		throw new Refusal(404, "There are /cpu and /heap here.");
	}
	if (request.method !== "GET") {
		throw new Refusal(405, "A profile is asked for by GET.", { Allow: "GET" });
	}
	return {
		kind,
		format: formatOf(searchParams.get("format"), request.headers.accept, kind),
		seconds: secondsOf(searchParams.get("seconds")),
		collected: flagOf(searchParams.get("collected")),
		pid: pidOf(searchParams.get("pid")),
	};
}

function pidOf(text: string | null): number | undefined {
	if (text !== null && !/^\d{1,10}$/.test(text)) {
		throw new Refusal(400, `pid=${text.slice(0, 40)} is not the number of a process.`);
	}
	return text === null ? undefined : Number(text);
}

function secondsOf(text: string | null): number {
	try {
		return checkSeconds(text === null ? undefined : /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN);
	} catch {
		throw new Refusal(400, `seconds=${text?.slice(0, 40)} is not a number from 1 to ${MOST_SECONDS}.`);
	}
}

function flagOf(text: string | null): boolean {
	if (text !== null && !["true", "false", "1", "0", ""].includes(text)) {
		throw new Refusal(400, `collected=${text.slice(0, 40)} is not true or false.`);
	}
	return text !== null && text !== "false" && text !== "0";
}

function formatOf(asked: string | null, accept: string | undefined, kind: ProfileKind): Format {
	const own = `${kind}profile`;
	if (asked !== null) {
		if (asked === own || asked === "pprof") {
			return asked === own ? "v8" : "pprof";
		}
		throw new Refusal(400, `format=${asked.slice(0, 40)} is not ${own} or pprof.`);
	}
	const ranges = (accept ?? "*/*").split(",").map((part) => {
		const [range = "", ...parameters] = part
			.trim()
			.toLowerCase()
			.split(/\s*;\s*/);
		const q = Number(parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? 1);
		return { range, q: Number.isNaN(q) ? 0 : q };
	});
	// The most specific range decides, as RFC 9110 has it.
	const wish = (type: string): number =>
		[type, "application/*", "*/*"]
			.map((name) => ranges.find(({ range }) => range === name)?.q)
			.find((q) => q !== undefined) ?? 0;
	const [v8, pprof] = [wish("application/json"), wish("application/octet-stream")];
	if (v8 <= 0 && pprof <= 0) {
		throw new Refusal(406, `There are application/json (.${own}) and application/octet-stream (pprof).`);
	}
	return pprof > v8 ? "pprof" : "v8";
}

function answer(response: ServerResponse, { name, body, traceIds }: ProfileFile, format: Format): void {
	response.writeHead(200, {
		"Content-Type": format === "pprof" ? "application/octet-stream" : "application/json",
		"Content-Disposition": `attachment; filename="${name}"`,
		"Cache-Control": "no-store",
		"Trivet-Trace-Ids": traceIds.slice(0, MOST_IN_HEADER).join(","),
	});
	response.end(body);
}

function refuse(response: ServerResponse, error: unknown): void {
	const { status, message, headers } = asRefusal(error);
	if (response.headersSent) {
		response.destroy();
		return;
	}
	response.writeHead(status, { "Content-Type": "application/problem+json", "Cache-Control": "no-store", ...headers });
	response.end(JSON.stringify({ type: "about:blank", title: TITLES[status], status, detail: message }));
}

function digest(token: string): Buffer {
	return createHash("sha256").update(token).digest();
}
