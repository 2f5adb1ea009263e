import { gzipSync } from "node:zlib";
import type { OtlpTarget, Signal } from "../settings.ts";
import { type Answer, ask, speaksHttp2 } from "./ask.ts";
import { type Finding, note, ok, wrong } from "./finding.ts";

export interface Delivery {
	signal: Signal;
	/** The receiver answered that it took it. */
	taken: boolean;
	findings: Finding[];
	/** How far this machine's clock is ahead of the receiver's, milliseconds, where it said its time. */
	aheadMs: number | undefined;
}

const ITEM: Record<Signal, string> = { traces: "span", logs: "line", metrics: "metric" };
const LONGEST_WAIT_MS = 5_000;

/** Send one OTLP/JSON body as the instrumentation does, once, and say what came of it. Never rejects. */
export async function deliver(signal: Signal, target: OtlpTarget, body: string): Promise<Delivery> {
	const timeoutMs = Math.min(target.timeoutMs, LONGEST_WAIT_MS);
	try {
		const answer = await ask(target.url, {
			method: "POST",
			headers: {
				"Content-Type": "application/json",
				...(target.gzip ? { "Content-Encoding": "gzip" } : {}),
				...target.headers,
			},
			body: target.gzip ? gzipSync(body) : body,
			timeoutMs,
		});
		const { origin } = new URL(target.url);
		// gRPC servers that answer HTTP/1.1 at all answer with one of these.
		const grpc = [400, 403, 404, 415, 426, 505].includes(answer.status) && (await speaksHttp2(origin, timeoutMs));
		const problem = grpc ? grpcPort(signal, target.url) : refused(signal, target.url, answer);
		return {
			signal,
			taken: problem === undefined,
			findings: [problem ?? ok(signal, `${target.url} took the ${ITEM[signal]} in ${answer.tookMs} ms`)],
			aheadMs: answer.aheadMs,
		};
	} catch (error) {
		return { signal, taken: false, findings: [await unsent(signal, target.url, error, timeoutMs)], aheadMs: undefined };
	}
}

function grpcPort(signal: Signal, url: string): Finding {
	const { origin, hostname, protocol } = new URL(url);
	return wrong(
		signal,
		`${origin} speaks HTTP/2, as OTLP's gRPC port (4317) does, and this package sends OTLP over HTTP/1.1: nothing arrives`,
		`set OTEL_EXPORTER_OTLP_ENDPOINT=${protocol}//${hostname}:4318, the OTLP/HTTP port`,
	);
}

/** What an answer that is not "taken" means; undefined when it is. */
function refused(signal: Signal, url: string, { status, headers, body }: Answer): Finding | undefined {
	const { origin } = new URL(url);
	const cut = body.slice(0, 200);
	if (status >= 200 && status < 300) {
		if (!/json|protobuf/.test(headers["content-type"] ?? "json")) {
			return wrong(
				signal,
				`${origin} answers ${status}, but with ${headers["content-type"]}, which is no OTLP answer: something else listens there`,
				"set OTEL_EXPORTER_OTLP_ENDPOINT to the OTLP/HTTP receiver, usually port 4318",
			);
		}
		return rejectedPart(signal, body);
	}
	switch (status) {
		case 401:
		case 403:
			return wrong(
				signal,
				`${origin} wants to know who sends (HTTP ${status})`,
				'set OTEL_EXPORTER_OTLP_HEADERS, such as "authorization=Bearer%20<token>"',
			);
		case 404:
		case 405:
			return wrong(
				signal,
				`${origin} answers, but takes no OTLP where it is sent (HTTP ${status}): it is not an OTLP/HTTP receiver, or its path is another`,
				`give OTEL_EXPORTER_OTLP_ENDPOINT without a path and with the receiver's port, usually 4318; OTEL_EXPORTER_OTLP_{TRACES,LOGS,METRICS}_ENDPOINT is used as it is and needs its path`,
			);
		case 415:
			return wrong(
				signal,
				`${origin} takes no OTLP as JSON (HTTP 415)`,
				"send to a receiver that takes OTLP/JSON, as the OpenTelemetry Collector and Trivet do",
			);
		case 429:
		case 503:
			return wrong(
				signal,
				`${origin} is overloaded or not ready (HTTP ${status} ${cut})`,
				"look at the receiver's own log; the instrumentation would try again for a while, then count the loss",
			);
		default:
			return wrong(
				signal,
				`${url} answers HTTP ${status} ${cut}`,
				status >= 300 && status < 400
					? `use the address it points to: ${headers.location ?? "it names none"}`
					: "look at the receiver's own log",
			);
	}
}

function rejectedPart(signal: Signal, body: string): Finding | undefined {
	try {
		const { partialSuccess } = JSON.parse(body) as { partialSuccess?: Record<string, unknown> };
		const rejected = Object.entries(partialSuccess ?? {}).find(
			([name, count]) => /^rejected/.test(name) && Number(count) > 0,
		);
		return rejected === undefined
			? undefined
			: wrong(
					signal,
					`the receiver turned the ${ITEM[signal]} down: ${String(partialSuccess?.errorMessage ?? "it gives no reason")}`,
					"look at the receiver's limits and its log",
				);
	} catch {
		return undefined;
	}
}

/** Why nothing was answered. */
async function unsent(signal: Signal, url: string, error: unknown, timeoutMs: number): Promise<Finding> {
	const { origin, hostname, port, protocol } = new URL(url);
	const { code = "", message = String(error) } = (error ?? {}) as { code?: string; message?: string };
	const there = `start the receiver (Trivet's listens on http://localhost:4318), or set OTEL_EXPORTER_OTLP_ENDPOINT to where it is`;
	if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
		return wrong(
			signal,
			`there is no host called ${hostname} (${code})`,
			"correct the host in OTEL_EXPORTER_OTLP_ENDPOINT",
		);
	}
	if (code === "ECONNREFUSED") {
		const grpc = port === "4317" ? ", and 4317 is OTLP's gRPC port while this package speaks HTTP (4318)" : "";
		return wrong(signal, `nothing listens at ${origin}${grpc}`, there);
	}
	if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) {
		return wrong(
			signal,
			`the certificate of ${origin} is not trusted (${code})`,
			"name its authority's file in NODE_EXTRA_CA_CERTS",
		);
	}
	if (await speaksHttp2(origin, timeoutMs)) {
		return grpcPort(signal, url);
	}
	if (protocol === "https:" && (code === "EPROTO" || code.startsWith("ERR_SSL"))) {
		return wrong(signal, `${origin} does not speak TLS`, `use ${origin.replace("https:", "http:")}`);
	}
	if (code === "ETIMEDOUT" || code === "EHOSTUNREACH" || code === "ENETUNREACH") {
		return wrong(
			signal,
			`${origin} cannot be reached (${message})`,
			"look for a firewall, a proxy or a wrong address between here and there",
		);
	}
	return wrong(signal, `${origin} breaks off or does not speak HTTP (${code || message})`, there);
}

const CLOCK_MS = 10_000;

/** @param aheadMs how far this machine is ahead of `other`. */
export function clockFinding(aheadMs: number, other: string): Finding | undefined {
	if (Math.abs(aheadMs) < CLOCK_MS) {
		return undefined;
	}
	const by = `${Math.round(Math.abs(aheadMs) / 1000)} s`;
	return wrong(
		"clock",
		`this machine's clock is ${by} ${aheadMs > 0 ? "ahead of" : "behind"} that of ${other}: its spans and lines are shown at the wrong time, or outside of the window`,
		"set both clocks by NTP (timedatectl set-ntp true, or the host's of a container)",
	);
}

/** What is not sent over OTLP at all. */
export function notSent(signal: Signal, exporters: readonly string[]): Finding {
	const name = `OTEL_${signal.toUpperCase()}_EXPORTER`;
	return note(
		signal,
		exporters.length === 0
			? `${signal} are switched off (${name}=none)`
			: `${signal} are not sent (${name}=${exporters.join(",")})`,
		`unset ${name} to send them over OTLP`,
	);
}
