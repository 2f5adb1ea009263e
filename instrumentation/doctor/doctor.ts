import { identify } from "../identity.ts";
import { readSettings, type Signal } from "../settings.ts";
import { VERSION } from "../version.ts";
import { appFindings } from "./app.ts";
import { configured } from "./configured.ts";
import { clockFinding, deliver, notSent } from "./deliver.ts";
import { type Finding, together, wrong } from "./finding.ts";
import { follow } from "./follow.ts";
import { runApp } from "./run-app.ts";
import { createSample } from "./sample.ts";

export interface DoctorOptions {
	env: NodeJS.ProcessEnv;
	/** The app's own command; empty to look at the environment only. */
	command: readonly string[];
	/** How long the app may take to listen. */
	seconds: number;
	/** How long the store may take to show what was sent. */
	patienceMs: number;
}

const SIGNALS: readonly Signal[] = ["traces", "logs", "metrics"];

/** Run the app if there is one, send one span, line and metric, follow them to the store. Never rejects. */
export async function doctor({ env, command, seconds, patienceMs }: DoctorOptions): Promise<Finding[]> {
	const settings = readSettings(env);
	const app = command.length === 0 ? undefined : appFindings(await runApp(command, env, seconds));
	const script = command.find((word) => /\.[cm]?[jt]sx?$/.test(word));
	const identity = identify(settings, VERSION, script);
	const findings = [...configured(settings, identity), ...(app?.findings ?? [])];
	if (settings.disabled) {
		return findings.filter(({ about }) => about !== "hooks");
	}
	const service = app?.service ?? identity.service;
	if (app?.service !== undefined && app.service !== identity.service && settings.serviceName !== undefined) {
		findings.push(
			wrong(
				"service",
				`the app calls itself ${service}, not ${identity.service} as OTEL_SERVICE_NAME says here`,
				"look for what sets OTEL_SERVICE_NAME in its command or a .env file",
			),
		);
	}
	const sample = createSample({ ...identity.resource, "service.name": service }, Date.now());
	const sent = SIGNALS.filter((signal) => settings.exporters[signal].includes("otlp"));
	findings.push(
		...SIGNALS.filter((signal) => !sent.includes(signal)).map((signal) => notSent(signal, settings.exporters[signal])),
	);
	const deliveries = await Promise.all(
		sent.map((signal) => deliver(signal, settings.targets[signal], sample.bodies[signal])),
	);
	for (const { signal, findings: said, aheadMs } of deliveries) {
		const clock =
			aheadMs === undefined ? undefined : clockFinding(aheadMs, new URL(settings.targets[signal].url).origin);
		findings.push(...said, ...(clock === undefined ? [] : [clock]));
	}
	const taken = deliveries.flatMap(({ signal, taken }) => (taken ? [signal] : []));
	if (taken.length > 0) {
		const named = env.TRIVET_URL?.trim();
		findings.push(
			...(await follow({
				url: named || "http://localhost:3000",
				named: Boolean(named),
				token: env.TRIVET_TOKEN?.trim() || undefined,
				sample,
				service,
				taken,
				patienceMs,
			})),
		);
	}
	return together(findings);
}
