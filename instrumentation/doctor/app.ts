import { sep } from "node:path";
import { type Finding, note, ok, wrong } from "./finding.ts";
import type { AppRun } from "./run-app.ts";
import type { Report } from "./watch.ts";

const HOW =
	'start it with "node --import @trivet/instrumentation/register app.js", or set NODE_OPTIONS="--import @trivet/instrumentation/register"';
const STARTERS = /[\\/](npm|npx|pnpm|yarn|corepack|nodemon|pm2|tsx)[\\/].*\.[cm]?js$|[\\/](npm|npx|pnpm|yarn|tsx)$/;

/** What the app's own processes tell, and the name they go by. */
export function appFindings({ reports, ended, failed }: AppRun): { findings: Finding[]; service: string | undefined } {
	if (failed !== undefined) {
		return {
			findings: [wrong("app", `the app could not be started: ${failed}`, "check the command")],
			service: undefined,
		};
	}
	const findings: Finding[] = [];
	if (ended !== undefined && ended.code !== 0) {
		const how = ended.code === null ? `by ${ended.signal}` : `with exit code ${ended.code}`;
		findings.push(wrong("app", `the app ended ${how} while it was watched`, "read its output above"));
	}
	const apps = reports.filter(({ script }) => !STARTERS.test(script));
	const running = apps.filter(({ service }) => service !== undefined);
	if (apps.length === 0) {
		const next = "name the command that runs node, without what clears NODE_OPTIONS";
		return {
			findings: [...findings, wrong("app", "the command ran no Node process that could be watched", next)],
			service: undefined,
		};
	}
	if (running.length === 0) {
		findings.push(wrong("hooks", "the app runs without @trivet/instrumentation: its hooks are not loaded", HOW));
	} else if (running.every(({ late }) => late.length === 0)) {
		findings.push(
			ok("hooks", `loaded before the app, in ${running.length === 1 ? "its process" : `${running.length} processes`}`),
		);
	}
	const late = [...new Set(running.flatMap((report) => report.late))];
	if (late.length > 0) {
		findings.push(
			wrong("hooks", `${late.join(" and ")} had been loaded before the instrumentation was started: not hooked`, HOW),
		);
	}
	return { findings: [...findings, ...apiFindings(running)], service: running[0]?.service };
}

/** A copy of the API takes what an older one registered for nothing at all: its spans are no-ops. */
function apiFindings(reports: readonly Report[]): Finding[] {
	const copies = new Map<string, { version: string; registered: string | undefined }>();
	for (const { apis, registered } of reports) {
		for (const { folder, version } of apis) {
			copies.set(folder, { version, registered });
		}
	}
	const unfit = [...copies].filter(
		([, { version, registered }]) => registered !== undefined && !fits(version, registered),
	);
	if (unfit.length > 0) {
		return unfit.map(([folder, { version, registered }]) =>
			wrong(
				"api",
				`two copies of @opentelemetry/api that do not fit: ${version} in ${folder}, while ${registered} is registered: spans the app makes itself through it are lost`,
				`install @opentelemetry/api@${registered} in the app (npm ls @opentelemetry/api shows who brings another)`,
			),
		);
	}
	return copies.size > 1
		? [
				note(
					"api",
					`${copies.size} copies of @opentelemetry/api that fit: ${[...copies].map(([folder, { version }]) => `${version} in ${shortened(folder)}`).join(", ")}`,
				),
			]
		: [];
}

/** The API's own rule: the same major version, and a minor no newer than the registered one. */
function fits(version: string, registered: string): boolean {
	const [major, minor = 0] = version.split(".").map(Number);
	const [registeredMajor, registeredMinor = 0] = registered.split(".").map(Number);
	return major === registeredMajor && minor <= registeredMinor;
}

function shortened(folder: string): string {
	return folder.split(sep).slice(-5).join(sep);
}
