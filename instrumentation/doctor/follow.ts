import type { Signal } from "../settings.ts";
import { type Answer, ask } from "./ask.ts";
import { clockFinding } from "./deliver.ts";
import { type Finding, note, ok, wrong } from "./finding.ts";
import { SAMPLE_METRIC, type Sample } from "./sample.ts";

export interface Follow {
	/** The console's address, and whether somebody named it. */
	url: string;
	named: boolean;
	token: string | undefined;
	sample: Sample;
	service: string;
	/** The signals that a receiver took. */
	taken: readonly Signal[];
	/** How long the store may take, milliseconds. */
	patienceMs: number;
}

const TIMEOUT_MS = 5_000;
const BETWEEN_MS = 250;
const ITEM: Record<Signal, string> = { traces: "span", logs: "line", metrics: "metric's exemplar" };

/** Look for what was sent in the store, through the console's API. Never rejects. */
export async function follow(what: Follow): Promise<Finding[]> {
	const headers: Record<string, string> = what.token === undefined ? {} : { Authorization: `Bearer ${what.token}` };
	const get = (path: string): Promise<Answer> => ask(new URL(path, what.url).href, { headers, timeoutMs: TIMEOUT_MS });
	let otlpEndpoint: string | undefined;
	const findings: Finding[] = [];
	try {
		const answer = await get("/api/status");
		const status = answer.status === 200 ? parsed(answer.body) : undefined;
		if (answer.status === 401) {
			return [
				wrong("store", `the console at ${what.url} asks for a token (HTTP 401)`, "set TRIVET_TOKEN to the console's"),
			];
		}
		if (typeof status?.backend !== "string" || typeof status.nowMs !== "number") {
			return [absent(what, `what answers at ${what.url} is no Trivet console`)];
		}
		otlpEndpoint = typeof status.otlpEndpoint === "string" ? status.otlpEndpoint : undefined;
		findings.push(
			...[clockFinding(Date.now() - status.nowMs, "the console")].filter((finding) => finding !== undefined),
		);
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		return [absent(what, `no console answers at ${what.url} (${code ?? message})`)];
	}
	const missing = new Set(what.taken);
	const deadline = Date.now() + what.patienceMs;
	for (;;) {
		try {
			const answer = await get(`/api/pivot?id=${what.sample.traceId}`);
			const pivot = answer.status === 200 ? parsed(answer.body) : undefined;
			for (const signal of [...missing]) {
				const finding = pivot === undefined ? undefined : arrived(signal, pivot, what);
				if (finding !== undefined) {
					missing.delete(signal);
					findings.push(finding);
				}
			}
		} catch {
			// Asked again until the time is up.
		}
		if (missing.size === 0 || Date.now() >= deadline) {
			break;
		}
		await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
	}
	const leads = otlpEndpoint === undefined ? "" : ` (its own receiver is ${otlpEndpoint})`;
	for (const signal of missing) {
		findings.push(
			wrong(
				signal,
				`the ${ITEM[signal]} was taken, but is not in the store of ${what.url} after ${what.patienceMs / 1000} s`,
				`check that OTEL_EXPORTER_OTLP_ENDPOINT leads to that store${leads}, and that no collector on the way filters or samples`,
			),
		);
	}
	return findings;
}

/** When nobody named a console, having none is no mistake. */
function absent({ named }: Follow, says: string): Finding {
	return named
		? wrong("store", says, "start the console, or correct TRIVET_URL")
		: note("store", `${says}: what was sent is not followed further`, "set TRIVET_URL to the console's address");
}

/** What is there of one signal; undefined while there is nothing. */
function arrived(
	signal: Signal,
	pivot: Record<string, unknown>,
	{ sample, service, url }: Follow,
): Finding | undefined {
	if (signal === "traces") {
		const span = list(pivot.trace, "spans").find(({ spanId }) => spanId === sample.spanId);
		if (span === undefined) {
			return undefined;
		}
		return span.service === service
			? ok(signal, `the span is in the store: ${new URL(`/traces/${sample.traceId}`, url).href}`)
			: wrong(
					"service",
					`the span of ${service} is in the store under the service name ${String(span.service)}`,
					"look for what renames it on the way: a collector's resource processor or its agent",
				);
	}
	if (signal === "logs") {
		return list(pivot.logs, "records").length > 0 ? ok(signal, "the line is in the store, with its trace") : undefined;
	}
	const metric = SAMPLE_METRIC.replaceAll(".", "_");
	return list(pivot.exemplars, "items").some((item) => String(item.metric).replaceAll(".", "_").startsWith(metric))
		? ok(signal, "the metric is in the store, with an exemplar of the trace")
		: undefined;
}

function list(section: unknown, name: string): Record<string, unknown>[] {
	const items = isRecord(section) ? section[name] : undefined;
	return Array.isArray(items) ? items.filter(isRecord) : [];
}

function parsed(text: string): Record<string, unknown> | undefined {
	try {
		const value: unknown = JSON.parse(text);
		return isRecord(value) ? value : undefined;
	} catch {
		return undefined;
	}
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null;
}
