import type { IncomingMessage, ServerResponse } from "node:http";
import { instance } from "./instance.ts";
import { metricsHandler as handlerOf } from "./metrics/serve.ts";
import { type Profile, type ProfileOptions, takeProfile } from "./profiles/profile.ts";

export { type Counter, counter } from "./business/counter.ts";
export type { Definition, Unit } from "./business/definition.ts";
export { type GaugeDefinition, gauge, type Values } from "./business/gauge.ts";
export { type Histogram, type HistogramDefinition, histogram } from "./business/histogram.ts";
export type { LabelRule, LabelRules, LabelsOf, WithLabels } from "./business/labels.ts";
export type { Probe, ProbeCall } from "./health/check.ts";
export { ProbeFailure } from "./health/check.ts";
export { type CheckOptions, type Health, type HealthAnswer, type HealthOptions, health } from "./health/health.ts";
export type { Instance } from "./instance.ts";
export {
	type Carrier,
	type ConsumedMessage,
	extractContext,
	injectContext,
	type MessageDescription,
	withConsumerSpan,
	withProducerSpan,
} from "./messaging.ts";
export {
	type Profile,
	type ProfileAbout,
	ProfileBusy,
	type ProfileKind,
	type ProfileOptions,
} from "./profiles/profile.ts";
export type { Keep, Rule, SamplerChoice, Tail } from "./sampling/choice.ts";
export { type StartOptions, start } from "./start.ts";

/** Answer a scrape on the app's own server: the app's registry and the RED metrics, as text or OpenMetrics with exemplars. */
export async function metricsHandler(request: IncomingMessage, response: ServerResponse): Promise<void> {
	const running = instance();
	await (running === undefined ? notRunning(response) : handlerOf(running.page)(request, response));
}

/**
 * Answer `GET .../cpu` and `.../heap` on the app's own server with a profile of this process, to whoever sends the token of
 * TRIVET_PROFILE_TOKEN; 404 without one.
 */
export async function profileHandler(request: IncomingMessage, response: ServerResponse): Promise<void> {
	const running = instance();
	await (running === undefined ? notRunning(response) : running.profiles(request, response));
}

function notRunning(response: ServerResponse): void {
	response.writeHead(503, { "Content-Type": "text/plain" });
	response.end("@trivet/instrumentation is not running.\n");
}

/**
 * Profile this thread for some seconds. Does not hold the process open meanwhile.
 *
 * @throws RangeError for a duration that is out of bounds
 * @throws ProfileBusy when another profile is being taken
 * @throws the signal's reason when it was aborted
 */
export function profile(options: ProfileOptions): Promise<Profile> {
	const running = instance();
	return takeProfile(options, {
		service: running?.service.name ?? "unknown_service:node",
		traces: running?.openTraces,
	});
}

/** Send everything that is waiting now, for at most `deadlineMs` (2 s). Does nothing when not running; never rejects. */
export async function flush(deadlineMs?: number): Promise<void> {
	await instance()?.flush(deadlineMs);
}
