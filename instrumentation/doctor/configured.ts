import type { Identity } from "../identity.ts";
import { describeSampler, type Keep } from "../sampling/choice.ts";
import type { Settings } from "../settings.ts";
import { type Finding, note, ok, wrong } from "./finding.ts";

/** What the environment alone shows. */
export function configured(settings: Settings, identity: Identity): Finding[] {
	if (settings.disabled) {
		return [wrong("settings", "OTEL_SDK_DISABLED=true switches everything off", "unset OTEL_SDK_DISABLED")];
	}
	return [nameFinding(settings, identity.service), ...samplerFindings(settings)];
}

function nameFinding({ serviceName, resourceAttributes }: Settings, service: string): Finding {
	const other = resourceAttributes["service.name"];
	if (serviceName !== undefined && other !== undefined && serviceName !== other) {
		return wrong(
			"service",
			`OTEL_SERVICE_NAME=${serviceName} and service.name=${other} in OTEL_RESOURCE_ATTRIBUTES are two names; the first is used`,
			"take one of them out",
		);
	}
	if (/^(["']).*\1$/.test(service)) {
		return wrong(
			"service",
			`the service is called ${service}, with the quotation marks: whatever set OTEL_SERVICE_NAME does not take them off`,
			`write OTEL_SERVICE_NAME=${service.slice(1, -1)}`,
		);
	}
	if (service.startsWith("unknown_service")) {
		return wrong(
			"service",
			`the service has no name and would be called ${service}`,
			"set OTEL_SERVICE_NAME, or run this in the folder with the service's package.json",
		);
	}
	return ok("service", `the service is called ${service}`);
}

function samplerFindings({ sampler, exporters }: Settings): Finding[] {
	if (exporters.traces.length === 0 || sampler.keep === "all") {
		return [];
	}
	const said = describeSampler(sampler);
	const kept = "; the span sent from here is not subject to it";
	if (sampler.tail !== undefined) {
		return [note("sampling", `not every trace is kept, by ${said}${kept}`)];
	}
	return keepsNothing(sampler.keep)
		? [
				wrong(
					"sampling",
					`every trace that begins here is sampled out, by ${said}${kept}`,
					"set OTEL_TRACES_SAMPLER=parentbased_always_on, or a share above 0 in OTEL_TRACES_SAMPLER_ARG",
				),
			]
		: [note("sampling", `a trace may be missing because it was not sampled, by ${said}${kept}`)];
}

/** Rules keep what none of them matches, so they keep nothing only when one is for everything. */
function keepsNothing(keep: Keep): boolean {
	return typeof keep === "object"
		? keep.some(({ match }) => match === "*") && keep.every((rule) => keepsNothing(rule.keep))
		: keep === "none" || keep === 0 || keep === "0/s";
}
