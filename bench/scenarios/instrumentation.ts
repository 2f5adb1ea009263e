import { readFileSync } from "node:fs";
import { join } from "node:path";
import { burst } from "../instrumented/burst.ts";
import { costOfLines, costOfObservations, costOfSentLines, startUp } from "../instrumented/loops.ts";
import { startSink } from "../instrumented/otlp-sink.ts";
import { installAlone, installOurs, installPeers } from "../instrumented/packages.ts";
import { CONNECTIONS, costOfRequests } from "../instrumented/requests.ts";
import { extra, inTurns, median } from "../instrumented/rounds.ts";
import {
	autoNode,
	httpAlone,
	named,
	type Places,
	pinoIds,
	pinoSending,
	plain,
	sampled,
	spansOnly,
	trivet,
	trivetIds,
	trivetSending,
	trivetUnsent,
	type Variant,
} from "../instrumented/variant.ts";
import { type Figure, number } from "../report.ts";
import { numberFlag, type Scenario, say, sayOver } from "../scenario.ts";

const AUTO = "@opentelemetry/auto-instrumentations-node";

const REQUESTS = {
	plain,
	trivet,
	auto: autoNode,
	http: httpAlone,
	trivet1: sampled(trivet, 0.01),
	http1: sampled(httpAlone, 0.01),
	unsent: trivetUnsent,
	unsent1: sampled(trivetUnsent, 0.01),
};
const LINES = { plain: spansOnly, trivet: trivetIds, pino: pinoIds };
const NAMED_LINES = { plain: named(spansOnly), trivet: named(trivetIds), pino: named(pinoIds) };
const SENT_LINES = { plain: spansOnly, trivet: trivetSending, pino: pinoSending };
const OBSERVATIONS = { plain, trivet: { ...trivet, env: { ...trivet.env, OTEL_METRIC_EXPORT_INTERVAL: "3600000" } } };
const STARTS = { plain, trivet, auto: autoNode };

/** What the package costs an app, against the peers it would be chosen over, in the same run. */
export const instrumentation: Scenario = {
	help: "CPU, start-up, size and losses of @trivet/instrumentation beside its peers'",
	flags: { rounds: "5", requests: "12000", lines: "200000", burst: "50000" },
	async run(flags, root) {
		const rounds = numberFlag(flags, "rounds");
		const requests = numberFlag(flags, "requests");
		const lines = numberFlag(flags, "lines");
		say("installing the packed package and its peers");
		const size = await installOurs(root);
		const peers = await installPeers(root);
		const autoSize = await installAlone("@opentelemetry/auto-instrumentations-node", versions(peers)[AUTO]!);
		const sink = await startSink();
		try {
			const places: Places = { peers, ours: size.folder, otlp: sink.url };
			const show = sayOver();
			const turns = <K extends string, V>(
				what: string,
				variants: Record<K, Variant>,
				count: number,
				measure: (variant: Variant) => Promise<V>,
			) =>
				inTurns(
					Object.keys(variants) as K[],
					count,
					(name) => measure(variants[name]),
					(round) => show(`${what}: round ${round} of ${count}`),
				);

			const served = await turns("requests", REQUESTS, rounds, (variant) =>
				costOfRequests(variant, { places, sink, requests, warmUp: requests / 2 }),
			);
			const written = await turns("lines", LINES, rounds + 2, (variant) => costOfLines(variant, places, lines));
			const namedLines = await turns("lines of loggers with a name", NAMED_LINES, rounds + 2, (variant) =>
				costOfLines(variant, places, lines),
			);
			const sent = await turns("lines that are sent", SENT_LINES, Math.max(1, rounds - 2), (variant) =>
				costOfSentLines(variant, places, sink, lines / 5),
			);
			const observed = await turns("observations", OBSERVATIONS, rounds + 2, (variant) =>
				costOfObservations(variant, places, lines * 5),
			);
			const started = await turns("start-up", STARTS, rounds * 2, (variant) => startUp(variant, places));
			const burstLines = numberFlag(flags, "burst");
			const ends = {
				trivet: await burst(trivet, places, sink, burstLines),
				auto: await burst(autoNode, places, sink, burstLines),
			};

			const us = map(served, ({ us }) => us);
			const request = (name: keyof typeof us) => extra(us[name], us.plain);
			const line = (name: "trivet" | "pino") => extra(written[name], written.plain);
			const namedLine = (name: "trivet" | "pino") => extra(namedLines[name], namedLines.plain);
			const sentNs = map(sent, ({ ns }) => ns);
			const sentLine = (name: "trivet" | "pino") => extra(sentNs[name], sentNs.plain);
			const startMs = map(started, ({ ms }) => ms);
			const auto = "auto-instrumentations-node";
			const http = "instrumentation-http alone";
			const pino = "instrumentation-pino";
			const figures: Figure[] = [
				against("CPU added to a line in a span: ids and service", line("trivet"), "ns", 0.25, pino, line("pino")),
				against(
					"ids alone, of a logger that names its service",
					namedLine("trivet"),
					"ns",
					0.25,
					pino,
					namedLine("pino"),
				),
				against("ids and service, and the line sent", sentLine("trivet"), "ns", 0.25, pino, sentLine("pino")),
				against("CPU added to a request, all sampled", request("trivet"), "µs", 0.5, auto, request("auto")),
				against("the same", request("trivet"), "µs", 0.75, http, request("http")),
				against("the same without sending the line", request("unsent"), "µs", 0.75, http, request("http")),
				against("CPU added to a request, 1 % sampled", request("trivet1"), "µs", 0.35, http, request("http1")),
				against("the same without sending the line", request("unsent1"), "µs", 0.35, http, request("http1")),
				against(
					"CPU of a histogram observation with exemplar",
					median(observed.trivet),
					"ns",
					1.25,
					"plain prom-client",
					median(observed.plain),
				),
				against("start-up of an express app", median(startMs.trivet), "ms", 0.6, auto, median(startMs.auto)),
				{ name: "the same app without instrumentation", value: median(startMs.plain), unit: "ms" },
				{
					name: `lines neither delivered nor counted, ${number(burstLines)} and SIGTERM`,
					value: ends.trivet.unaccounted,
					unit: "",
					goal: { at: "most", value: 0 },
					baseline: { name: auto, value: ends.auto.unaccounted },
				},
				{
					name: "of these lines delivered",
					value: ends.trivet.delivered,
					unit: "",
					baseline: { name: auto, value: ends.auto.delivered },
				},
				{
					name: "installed size",
					value: size.bytes / 1e6,
					unit: "MB",
					goal: { at: "most", value: 45 },
					baseline: { name: auto, value: autoSize.bytes / 1e6 },
				},
				{
					name: "installed packages",
					value: size.packages,
					unit: "",
					goal: { at: "most", value: 60 },
					baseline: { name: auto, value: autoSize.packages },
				},
			];
			return {
				what: what({ rounds, requests, lines }),
				figures,
				details: { served, written, namedLines, sent, observed, started, ends, versions: versions(peers) },
			};
		} finally {
			await sink.stop();
		}
	},
};

/** A figure whose goal is a multiple of what a peer of the same run needs. */
function against(name: string, value: number, unit: string, times: number, peer: string, peers: number): Figure {
	return {
		name,
		value,
		unit,
		goal: { at: "most", value: times * peers, times },
		baseline: { name: peer, value: peers },
	};
}

function map<K extends string, V>(of: Record<K, V[]>, value: (one: V) => number): Record<K, number[]> {
	return Object.fromEntries(Object.entries<V[]>(of).map(([name, all]) => [name, all.map(value)])) as Record<
		K,
		number[]
	>;
}

function versions(peers: string): Record<string, string> {
	return (JSON.parse(readFileSync(join(peers, "package.json"), "utf8")) as { dependencies: Record<string, string> })
		.dependencies;
}

function what({ rounds, requests, lines }: { rounds: number; requests: number; lines: number }): string {
	return [
		`CPU is the app's process alone, user and system, over fixed work after a warm-up; each round starts every variant anew, in turns, and figures are medians of ${rounds} rounds or more. What is sent goes over OTLP/HTTP to a collector in another process that takes everything.`,
		`Requests: ${number(requests)} to an express route with one pino line and one prom-client observation, ${CONNECTIONS} keep-alive connections. @trivet/instrumentation has its defaults: span, RED and exemplars, ids on the line, the line and the metrics sent, its own line per request off; auto-instrumentations-node has its defaults with traces, logs and metrics sent; instrumentation-http alone makes and sends spans (batch processor, protobuf), without metrics and lines; without sending the line, ours still makes and sends spans and metrics with exemplars.`,
		`Lines: ${number(lines)} in a loop, four a span, to /dev/null, over the same with OpenTelemetry's tracer alone; the peer adds trace_id, span_id and trace_flags, @trivet/instrumentation also service, env and version, unless the logger has them; the sent ones ${number(lines / 5)} at 20,000/s. Observations: in a sampled span, over four series.`,
		"Start-up: from spawning to listening, by each one's documented flag. Burst: what the app's own output has, less what arrived and what the process itself says was dropped.",
	].join(" ");
}
