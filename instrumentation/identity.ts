import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Settings } from "./settings.ts";

/** Who this process is: the names every log line carries and the resource every signal is sent with. */
export interface Identity {
	service: string;
	env: string;
	version: string;
	/** OTLP resource attributes: service.*, deployment.*, process.*, host.*, telemetry.*. */
	resource: Record<string, string | number>;
}

/**
 * One identity for all three signals. Name: OTEL_SERVICE_NAME, then service.name in OTEL_RESOURCE_ATTRIBUTES, then the
 * nearest package.json's name, then the script's file name. The environment falls back to NODE_ENV, then "development".
 *
 * @param script what runs, as in process.argv[1]; without one the current folder's package.json counts.
 */
export function identify(settings: Settings, ownVersion: string, script: string | undefined): Identity {
	const given = settings.resourceAttributes;
	const manifest = nearestManifest(script === undefined ? process.cwd() : dirname(resolve(script)));
	const service =
		settings.serviceName ??
		given["service.name"] ??
		manifest.name ??
		script
			?.split(/[\\/]/)
			.at(-1)
			?.replace(/\.[cm]?[jt]s$/, "") ??
		"unknown_service:node";
	const version = given["service.version"] ?? manifest.version ?? "unknown";
	const env =
		given["deployment.environment.name"] ??
		given["deployment.environment"] ??
		(process.env.NODE_ENV?.trim() || "development");
	return {
		service,
		env,
		version,
		resource: {
			"service.instance.id": randomUUID(),
			"host.name": hostname(),
			"host.arch": process.arch,
			"os.type": process.platform,
			"process.pid": process.pid,
			"process.runtime.name": "nodejs",
			"process.runtime.version": process.versions.node,
			...given,
			"service.name": service,
			"service.version": version,
			"deployment.environment.name": env,
			"telemetry.sdk.language": "nodejs",
			"telemetry.sdk.name": "opentelemetry",
			"telemetry.distro.name": "@trivet/instrumentation",
			"telemetry.distro.version": ownVersion,
		},
	};
}

/** The first package.json from `folder` upwards that has a name; empty when there is none or it cannot be read. */
export function nearestManifest(folder: string): { name?: string; version?: string; dependencies?: readonly string[] } {
	for (let at = folder, steps = 0; steps < 32; steps++) {
		try {
			const manifest: unknown = JSON.parse(readFileSync(join(at, "package.json"), "utf8"));
			if (
				typeof manifest === "object" &&
				manifest !== null &&
				"name" in manifest &&
				typeof manifest.name === "string"
			) {
				const { name, version, dependencies } = manifest as { name: string; version?: unknown; dependencies?: object };
				return {
					name,
					...(typeof version === "string" ? { version } : {}),
					dependencies: Object.keys(dependencies ?? {}),
				};
			}
		} catch {
			// No manifest here, or not one we can read: look further up.
		}
		const parent = dirname(at);
		if (parent === at) {
			break;
		}
		at = parent;
	}
	return {};
}
