/**
 * Whose a series is: its service and environment. Resource attributes come to Prometheus in three ways: promoted to labels of the
 * series, on `target_info` of the same job and instance, or (the name alone) as the `job` that OTLP makes of namespace and name.
 */
import type { Labels } from "./promql.ts";

export interface Owner {
	service: string;
	/** "" when nothing says. */
	environment: string;
	version: string | null;
}

/** In the order in which they count; `job` comes last, after `target_info`. */
const SERVICE_LABELS = ["service_name", "service.name", "service"] as const;
const ENVIRONMENT_LABELS = [
	"deployment_environment_name",
	"deployment.environment.name",
	"deployment_environment",
	"deployment.environment",
] as const;
const VERSION_LABELS = ["service_version", "service.version"] as const;

const legacy = (label: string) => !label.includes(".");

/** Labels that tell series of different owners apart. */
export function ownerLabels(utf8: boolean, withInstance: boolean): string[] {
	const labels = [...SERVICE_LABELS, ...ENVIRONMENT_LABELS, "job", ...(withInstance ? ["instance"] : [])];
	return labels.filter((label) => utf8 || legacy(label));
}

/** Labels that may name the service on the series itself. */
export function serviceLabels(utf8: boolean): string[] {
	return SERVICE_LABELS.filter((label) => utf8 || legacy(label));
}

/** What is worth reading of `target_info`. */
export function targetLabels(utf8: boolean): string[] {
	return [...ownerLabels(utf8, true), ...VERSION_LABELS.filter((label) => utf8 || legacy(label))];
}

export class MetricOwners {
	/** By job and instance. */
	private readonly targets = new Map<string, Owner>();
	/** By job; null where its targets are of several owners. */
	private readonly jobs = new Map<string, Owner | null>();
	private readonly asked: ReadonlySet<string>;
	/** Some job's targets are of several owners, so that the job alone does not tell. */
	readonly needInstance: boolean;

	/** `targets`: the labels of every `target_info`. `asked`: the services a question is about. */
	constructor(targets: readonly Labels[], asked: Iterable<string> = []) {
		this.asked = new Set(asked);
		let needInstance = false;
		for (const labels of targets) {
			const job = labels.job ?? "";
			const owner: Owner = {
				service: first(labels, SERVICE_LABELS) ?? this.serviceOfJob(job),
				environment: first(labels, ENVIRONMENT_LABELS) ?? "",
				version: first(labels, VERSION_LABELS) ?? null,
			};
			this.targets.set(targetKey(labels), owner);
			const known = this.jobs.get(job);
			if (known === undefined) this.jobs.set(job, owner);
			else if (known === null || known.service !== owner.service || known.environment !== owner.environment) {
				this.jobs.set(job, null);
				needInstance = true;
			}
		}
		this.needInstance = needInstance;
	}

	/** null for a series that nothing names an owner of. */
	of(labels: Labels): Owner | null {
		const job = labels.job ?? "";
		const target = this.targets.get(targetKey(labels)) ?? this.jobs.get(job) ?? null;
		const service = first(labels, SERVICE_LABELS) ?? target?.service ?? this.serviceOfJob(job);
		if (service === "") return null;
		return {
			service,
			environment: first(labels, ENVIRONMENT_LABELS) ?? target?.environment ?? "",
			version: first(labels, VERSION_LABELS) ?? target?.version ?? null,
		};
	}

	/** Jobs whose `target_info` names one of these services. */
	jobsOf(services: ReadonlySet<string>): string[] {
		const jobs = new Set<string>();
		for (const [key, owner] of this.targets) {
			if (services.has(owner.service)) jobs.add(key.slice(0, key.indexOf("\u0000")));
		}
		return [...jobs];
	}

	/** Every owner `target_info` knows, once. */
	all(): Owner[] {
		return [...this.targets.values()];
	}

	/** OTLP makes `namespace/name` of the two attributes; the name alone is what spans and logs call the service. */
	private serviceOfJob(job: string): string {
		return this.asked.has(job) ? job : job.slice(job.indexOf("/") + 1);
	}
}

function first(labels: Labels, names: readonly string[]): string | undefined {
	for (const name of names) if (labels[name]) return labels[name];
	return undefined;
}

function targetKey(labels: Labels): string {
	return `${labels.job ?? ""}\u0000${labels.instance ?? ""}`;
}
