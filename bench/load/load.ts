import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "../percentile.ts";
import { traceIdOf } from "./identity.ts";
import type { LoadPlan, LoadProgress } from "./load-plan.ts";
import { metricsRequest } from "./metrics-request.ts";
import {
	patchRequest,
	type RequestTemplate,
	requestTemplate,
	SPANS_PER_REQUEST,
	TRACES_PER_REQUEST,
} from "./request-template.ts";

const VARIANTS = 8;
/** Of the load's own time, which may run faster than the clock. */
const METRICS_EVERY_NS = 15_000_000_000n;
const MAX_LATENCIES = 100_000;

/**
 * Sends what the plan says over its keep-alive connections and resolves with the totals. A request that is pushed back waits as it is
 * told and is sent again; anything else that is not a whole success ends the load with `failure`.
 */
export async function runLoad(
	plan: LoadPlan,
	onProgress: (progress: LoadProgress) => void,
	signal: AbortSignal,
): Promise<LoadProgress> {
	const agent = new Agent({ keepAlive: true, maxSockets: plan.connections });
	const totals = {
		spans: 0,
		logs: 0,
		points: 0,
		traces: 0,
		bytes: 0,
		requests: 0,
		pushedBack: 0,
		failure: null as string | null,
	};
	const startedMs = performance.now();
	const elapsedMs = () => performance.now() - startedMs;
	const wantedRequests = Math.ceil(plan.maxSpans / SPANS_PER_REQUEST);
	const templates = Array.from({ length: VARIANTS }, (_, variant) => ({
		traces: requestTemplate("traces", variant),
		logs: requestTemplate("logs", variant),
	}));
	let latencies: number[] = [];
	let next = 0;
	let metricsAt = 0n;

	const over = () =>
		signal.aborted || totals.failure !== null || next >= wantedRequests || elapsedMs() >= plan.maxSeconds * 1000;
	/** Requests that the wanted rate allows by now. */
	const due = () =>
		plan.spansPerSecond === null
			? Number.POSITIVE_INFINITY
			: (elapsedMs() / 1000) * (plan.spansPerSecond / SPANS_PER_REQUEST);
	const progress = (): LoadProgress => {
		const sorted = latencies.sort((a, b) => a - b);
		latencies = [];
		const latency = { p50Ms: percentile(sorted, 50), p99Ms: percentile(sorted, 99), maxMs: percentile(sorted, 100) };
		const behind = Math.max(0, Math.min(due(), wantedRequests) - next) * SPANS_PER_REQUEST;
		return {
			...totals,
			elapsedMs: elapsedMs(),
			latency,
			behind: plan.spansPerSecond === null ? 0 : Math.round(behind),
		};
	};

	/** Sends until it is taken. False when the load is over before. */
	const deliver = async (kind: "traces" | "logs" | "metrics", type: string, body: Buffer): Promise<boolean> => {
		const url = typeof plan.endpoint === "string" ? `${plan.endpoint}/v1/${kind}` : plan.endpoint[kind];
		for (;;) {
			const sentMs = performance.now();
			const answer = await post(agent, url, type, body).catch((error: Error) => error);
			totals.requests++;
			if (latencies.length < MAX_LATENCIES) latencies.push(performance.now() - sentMs);
			if (answer instanceof Error) {
				totals.failure ??= `${url}: ${answer.message}`;
				return false;
			}
			if ((answer.status === 200 || answer.status === 204) && answer.partial === "") {
				totals.bytes += body.length;
				return true;
			}
			if (answer.status !== 429 && answer.status !== 503) {
				totals.failure ??= `${url} answered ${answer.status} ${answer.partial}`;
				return false;
			}
			totals.pushedBack++;
			if (signal.aborted || elapsedMs() >= plan.maxSeconds * 1000) return false;
			await sleep(Math.min(answer.retryAfterS, 5) * 1000);
		}
	};

	const startOf = (number: number): bigint => {
		if (plan.times === "now") return BigInt(Date.now() - 1000) * 1_000_000n;
		const { fromUnixMs, toUnixMs } = plan.times;
		return BigInt(Math.round(fromUnixMs + ((toUnixMs - fromUnixMs) * number) / wantedRequests)) * 1_000_000n;
	};

	const startUnixNano = startOf(0);

	/** One connection's worth: its own copies of the bodies, so that nothing is patched while it is on its way. */
	const connection = async (): Promise<void> => {
		const copies = new Map<RequestTemplate, Buffer>();
		const bodyOf = (template: RequestTemplate, number: number): Buffer => {
			let body = copies.get(template);
			if (!body) {
				body = Buffer.from(template.bytes);
				copies.set(template, body);
			}
			const firstTrace = plan.firstTrace + number * TRACES_PER_REQUEST;
			patchRequest(body, template, { seed: plan.seed, firstTrace }, startOf(number), 20_000_000);
			return body;
		};
		while (!over()) {
			if (next + 1 > due()) {
				await sleep(5);
				continue;
			}
			const number = next++;
			const template = templates[number % VARIANTS]!;
			if (await deliver("traces", "application/x-protobuf", bodyOf(template.traces, number))) {
				totals.spans += template.traces.items;
				totals.traces = Math.max(totals.traces, (number + 1) * TRACES_PER_REQUEST);
			} else break;
			if (plan.logs) {
				if (!(await deliver("logs", "application/x-protobuf", bodyOf(template.logs, number)))) break;
				totals.logs += template.logs.items;
			}
			const time = startOf(number);
			if (plan.metrics && time >= metricsAt) {
				metricsAt = time + METRICS_EVERY_NS;
				const { body, points } = metricsRequest({
					exemplar: traceIdOf(plan.seed, plan.firstTrace + number * TRACES_PER_REQUEST),
					startUnixNano,
					timeUnixNano: time,
					count: (number + 1) * TRACES_PER_REQUEST,
					spanMetrics: plan.spanMetrics === true,
				});
				if (await deliver("metrics", "application/json", body)) totals.points += points;
			}
		}
	};

	const ticker = setInterval(() => onProgress(progress()), 1000);
	try {
		await Promise.all(Array.from({ length: plan.connections }, connection));
	} finally {
		clearInterval(ticker);
		agent.destroy();
	}
	return progress();
}

interface Answer {
	status: number;
	retryAfterS: number;
	/** What the body says, when it is not the empty message of a whole success. */
	partial: string;
}

function post(agent: Agent, url: string, type: string, body: Buffer): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const headers = { "content-type": type, "content-length": body.length };
		const sent = request(url, { method: "POST", agent, headers, timeout: 60_000 }, (response) => {
			const chunks: Buffer[] = [];
			response.on("data", (chunk: Buffer) => chunks.push(chunk));
			response.on("error", reject);
			response.on("end", () => {
				const text = Buffer.concat(chunks).toString("utf8").slice(0, 300);
				const retryAfterS = Number(response.headers["retry-after"] ?? 1);
				// In protobuf an empty partial_success may be written out.
				const whole = text === "" || text === "\n\0" || text === "{}" || /^\{"partialSuccess":\{\}\}$/.test(text);
				resolve({ status: response.statusCode ?? 0, retryAfterS, partial: whole ? "" : text });
			});
		});
		sent.on("timeout", () => sent.destroy(new Error("no answer in 60 s")));
		sent.on("error", reject);
		sent.end(body);
	});
}
