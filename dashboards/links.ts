/** Ways from a board to the console and to other boards, with the time range and what was chosen. */
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";

export interface Way {
	title: string;
	url: string;
	/** Leaves Grafana. */
	outside: boolean;
}

const TIME = "from=${__from}&to=${__to}";

/** Fields of a series or a row, as text in a URL. */
export const LABEL = (name: string) => `\${__field.labels.${name}:percentencode}`;
export const CELL = (name: string) => `\${__data.fields["${name}"]:percentencode}`;
export const CHOICE = (name: string) => `\${${name}:percentencode}`;

/** `path` begins with a slash and may have a query. */
export function toConsole(title: string, path: string): Way {
	return { title, url: `\${console:raw}${path}${path.includes("?") ? "&" : "?"}${TIME}`, outside: true };
}

export const consoleService = (service: string) => toConsole("Service in Trivet", `/services/${service}`);
export const consoleTopology = (service: string) =>
	toConsole("Around it in Trivet", `/topology?focus=service:${service}`);
export const consoleTrace = (trace: string) => toConsole("Trace in Trivet", `/trace/${trace}`);
export const consoleTraces = (service: string) => toConsole("Its traces in Trivet", `/traces?service=${service}`);
export const consoleLogs = (service: string) => toConsole("Its log lines in Trivet", `/logs?service=${service}`);

/** To a board by its uid, with its variables; the engines and the console that are chosen here go along. */
export function toBoard(title: string, uid: string, choices: Record<string, string> = {}): Way {
	const chosen = Object.entries(choices).map(([name, value]) => `&var-${name}=${value}`);
	const url = `/d/${uid}?\${__url_time_range}&\${prometheus:queryparam}&\${console:queryparam}${chosen.join("")}`;
	return { title, url, outside: false };
}

export const redBoard = (service: string) => toBoard("RED", "trivet-red", { service });
export const traceBoard = (trace: string) => toBoard("Around this trace", "trivet-trace", { trace });
export const logsBoard = (service: string) => toBoard("Logs", "trivet-logs", { service });
export const runtimeBoard = (service: string) => toBoard("Runtime", "trivet-runtime", { service });

export function linksOf(ways: readonly Way[]): dashboard.DashboardLinkBuilder[] {
	return ways.map(({ title, url, outside }) => new dashboard.DashboardLinkBuilder(title).url(url).targetBlank(outside));
}
