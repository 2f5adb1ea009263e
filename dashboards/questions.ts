/**
 * What Grafana asks the engines for a board, over HTTP: variables are filled in, panels' targets become queries. For the tests and the bench, because
 * Grafana itself does not run there. Reads the JSON as it is checked in.
 */

export interface Board {
	uid?: string;
	time?: { from: string; to: string };
	panels?: Panel[];
	templating?: { list?: Variable[] };
	links?: { keepTime: boolean }[];
	id?: number | null;
}

export interface Panel {
	type: string;
	id?: number;
	title?: string;
	description?: string;
	gridPos?: { x: number; y: number; w: number; h: number };
	/** The least of what a point stands for. */
	interval?: string;
	targets?: Target[];
	transformations?: { id: string; options: { renameByName?: Record<string, string> } }[];
	fieldConfig?: {
		defaults: { unit?: string };
		overrides?: { matcher: { options?: unknown }; properties: { id: string; value?: unknown }[] }[];
	};
}

export interface Variable {
	type: string;
	name: string;
	description?: string;
	query?: string | Record<string, string>;
	current?: { value?: string | string[] };
	datasource?: { type?: string };
	regex?: string;
	includeAll?: boolean;
	allValue?: string;
}

export interface Engines {
	prometheus: string;
	loki: string;
	tempo: string;
}

/** Epoch milliseconds. */
export interface Range {
	from: number;
	to: number;
}

export interface Target {
	refId: string;
	datasource: { type: string; uid: string };
	expr?: string;
	query?: string;
	queryType?: string;
	legendFormat?: string;
	instant?: boolean;
	format?: string;
	exemplar?: boolean;
	interval?: string;
	limit?: number;
	spss?: number;
	metricsQueryType?: string;
}

export interface Answer {
	/** What went over the wire. */
	question: string;
	/** Series, rows, lines or spans. */
	count: number;
	/** Finite numbers among the values; of lines and spans none. */
	values: number[];
	exemplars: number;
	ms: number;
}

type Value = string | string[];
export type Choices = Map<string, { value: Value; all: string | null }>;

const ALL = "$__all";
const WITHIN_MS = 30_000;
const MAX_POINTS = 1000;
/** Of a data source that nobody has set otherwise: Prometheus' is its scrape interval; the others have none. */
const LEAST_S: Readonly<Record<string, number>> = { prometheus: 15 };

export function panelsOf(board: Board): Panel[] {
	return (board.panels ?? []).filter((panel) => panel.type !== "row");
}

export function targetsOf({ targets = [], interval }: Panel): Target[] {
	return interval === undefined ? targets : targets.map((target) => ({ interval, ...target }));
}

/** Every variable of the board at what Grafana would choose, over which `given` goes. Throws when a query has no values. */
export async function chooseAll(
	board: Board,
	engines: Engines,
	range: Range,
	given: Record<string, Value> = {},
): Promise<Choices> {
	const choices: Choices = new Map();
	for (const variable of board.templating?.list ?? []) {
		const options = await optionsOf(variable, engines, range, choices);
		const first = variable.includeAll ? ALL : (options[0] ?? "");
		const value = given[variable.name] ?? first;
		choices.set(variable.name, { value, all: variable.includeAll ? (variable.allValue ?? options.join("|")) : null });
	}
	return choices;
}

export async function optionsOf(
	variable: Variable,
	engines: Engines,
	range: Range,
	choices: Choices,
): Promise<string[]> {
	const { type, name, query, current } = variable;
	if (type === "datasource") return [String(query)];
	if (type === "textbox" || type === "constant") return [String(query)];
	if (type === "custom") return [String(current?.value)];
	if (type !== "query" || typeof query !== "object") throw new Error(`${name}: a ${type} variable is not known here`);
	const options =
		variable.datasource?.type === "loki"
			? await lokiLabel(engines, range, query.label ?? "")
			: await queryResult(engines, range, fill(query.query ?? "", choices, range, 60), variable.regex ?? "");
	if (options.length === 0) throw new Error(`variable ${name} has no values: ${JSON.stringify(query)}`);
	return options;
}

async function lokiLabel({ loki }: Engines, range: Range, label: string): Promise<string[]> {
	const window = `start=${range.from * 1e6}&end=${range.to * 1e6}`;
	return (await json<{ data?: string[] }>(`${loki}/loki/api/v1/label/${label}/values?${window}`)).data ?? [];
}

/** `query_result(expr)`: each sample as Grafana writes it, read by the variable's regex. */
async function queryResult({ prometheus }: Engines, { to }: Range, query: string, regex: string): Promise<string[]> {
	const expr = /^query_result\((.*)\)$/s.exec(query)?.[1];
	if (expr === undefined) throw new Error(`not a query_result: ${query}`);
	const { data } = await post<PromAnswer>(`${prometheus}/api/v1/query`, { query: expr, time: String(to / 1000) });
	const pattern = new RegExp(regex.slice(1, -1));
	const texts = data.result.map(({ metric, value }) => {
		const labels = Object.entries(metric).map(([name, text]) => `${name}="${text}"`);
		return `{${labels.join(",")}} ${value?.[1]} ${to}`;
	});
	return [...new Set(texts.flatMap((text) => pattern.exec(text)?.[1] ?? []))].sort();
}

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

export function secondsOf(interval: string): number {
	const [, number, unit = "s"] = /^(\d+)([smhd])$/.exec(interval) ?? [];
	return Number(number) * (SECONDS[unit] ?? 1);
}

/** As Grafana's template service: `$name`, `${name}`, `${name:format}`, `[[name]]` and the built-in ones. Unknown names stay. */
export function fill(text: string, choices: Choices, range: Range, stepS: number): string {
	const rangeS = Math.round((range.to - range.from) / 1000);
	const builtIn: Record<string, string> = {
		__interval: `${stepS}s`,
		__interval_ms: String(stepS * 1000),
		__auto: `${stepS}s`,
		__rate_interval: `${4 * stepS}s`,
		__range: `${rangeS}s`,
		__range_s: String(rangeS),
		__range_ms: String(rangeS * 1000),
		__from: String(range.from),
		__to: String(range.to),
	};
	return text.replace(/\$(\w+)|\$\{(\w+)(?::(\w+))?\}|\[\[(\w+)\]\]/g, (whole, a, b, format, c) => {
		const name: string = a ?? b ?? c;
		if (builtIn[name] !== undefined) return builtIn[name];
		const choice = choices.get(name);
		if (choice === undefined) return whole;
		const { value, all } = choice;
		if (value === ALL) return all ?? "";
		if (format === "raw") return String(value);
		if (Array.isArray(value)) return `(${value.map((one) => one.replace(/[\\^$*+?.()|[\]{}]/g, "\\\\$&")).join("|")})`;
		return value.replace(/[\\"]/g, "\\$&");
	});
}

/** Asks one target as its panel would. Throws with the engine's own words when it refuses. */
export async function ask(target: Target, engines: Engines, choices: Choices, range: Range): Promise<Answer> {
	const rangeS = (range.to - range.from) / 1000;
	const least = target.interval
		? secondsOf(fill(target.interval, choices, range, 60))
		: LEAST_S[target.datasource.type];
	const stepS = Math.max(least ?? 1, Math.ceil(rangeS / MAX_POINTS));
	const filled = (text = "") => fill(text, choices, range, stepS);
	const begun = performance.now();
	const answer = await askEngine(target, engines, filled, range, stepS);
	return { ...answer, ms: performance.now() - begun };
}

type Unmeasured = Omit<Answer, "ms">;

async function askEngine(
	target: Target,
	engines: Engines,
	filled: (text?: string) => string,
	range: Range,
	stepS: number,
): Promise<Unmeasured> {
	switch (target.datasource.type) {
		case "prometheus":
			return askPrometheus(target, engines.prometheus, filled(target.expr), range, stepS);
		case "loki":
			return askLoki(target, engines.loki, filled(target.expr), range, stepS);
		case "tempo":
			return target.queryType === "serviceMap"
				? askServiceMap(engines.prometheus, range)
				: askTempo(target, engines.tempo, filled(target.query), range, stepS);
		default:
			throw new Error(`nobody answers for ${target.datasource.type}`);
	}
}

interface PromAnswer {
	data: {
		resultType: string;
		result: { metric: Record<string, string>; value?: [number, string]; values?: [number, string][] }[];
	};
}

async function askPrometheus(
	{ instant, exemplar }: Target,
	url: string,
	query: string,
	{ from, to }: Range,
	stepS: number,
): Promise<Unmeasured> {
	const window = { start: String(from / 1000), end: String(to / 1000) };
	const { data } = instant
		? await post<PromAnswer>(`${url}/api/v1/query`, { query, time: window.end })
		: await post<PromAnswer>(`${url}/api/v1/query_range`, { query, ...window, step: String(stepS) });
	let exemplars = 0;
	if (exemplar) {
		const found = await post<{ data: { exemplars: { labels: Record<string, string> }[] }[] }>(
			`${url}/api/v1/query_exemplars`,
			{ query, ...window },
		);
		exemplars = found.data
			.flatMap((series) => series.exemplars)
			.filter(({ labels }) => labels.trace_id ?? labels.traceID).length;
	}
	return { question: query, ...counted(data.result), exemplars };
}

function counted(result: PromAnswer["data"]["result"]): { count: number; values: number[] } {
	const values = result
		.flatMap(({ value, values: several }) => (value ? [value] : (several ?? [])))
		.map(([, text]) => Number(text))
		.filter(Number.isFinite);
	return { count: result.length, values };
}

async function askLoki(
	{ queryType }: Target,
	url: string,
	query: string,
	{ from, to }: Range,
	stepS: number,
): Promise<Unmeasured> {
	const common = { query, limit: "1000" };
	const search =
		queryType === "instant"
			? new URLSearchParams({ ...common, time: String(to * 1e6) })
			: new URLSearchParams({ ...common, start: String(from * 1e6), end: String(to * 1e6), step: String(stepS) });
	const path = queryType === "instant" ? "query" : "query_range";
	const { data } = await json<PromAnswer & { data: { result: { values?: unknown[] }[] } }>(
		`${url}/loki/api/v1/${path}?${search}`,
	);
	if (data.resultType === "streams") {
		const count = data.result.reduce((sum, { values = [] }) => sum + values.length, 0);
		return { question: query, count, values: [], exemplars: 0 };
	}
	return { question: query, ...counted(data.result), exemplars: 0 };
}

async function askTempo(
	{ limit = 20, spss = 3, metricsQueryType }: Target,
	url: string,
	query: string,
	{ from, to }: Range,
	stepS: number,
): Promise<Unmeasured> {
	const window = { start: String(Math.floor(from / 1000)), end: String(Math.ceil(to / 1000)) };
	if (/^[0-9a-f]{1,32}$/i.test(query)) {
		const { trace } = await json<{ trace?: { resourceSpans?: { scopeSpans: { spans: unknown[] }[] }[] } }>(
			`${url}/api/v2/traces/${query}`,
		);
		const spans = (trace?.resourceSpans ?? []).flatMap(({ scopeSpans }) => scopeSpans.flatMap((one) => one.spans));
		return { question: query, count: spans.length, values: [], exemplars: 0 };
	}
	if (/\|\s*(rate|count_over_time|quantile_over_time|histogram_over_time|\w+_over_time)\s*\(/.test(query)) {
		const path = metricsQueryType === "instant" ? "query" : "query_range";
		const search = new URLSearchParams({ q: query, ...window, ...(path === "query" ? {} : { step: `${stepS}s` }) });
		const { series = [] } = await json<{ series?: { value?: number; samples?: { value?: number }[] }[] }>(
			`${url}/api/metrics/${path}?${search}`,
		);
		const values = series.flatMap(({ value, samples = [] }) => [value, ...samples.map((sample) => sample.value)]);
		return { question: query, count: series.length, values: values.filter((one) => one !== undefined), exemplars: 0 };
	}
	const search = new URLSearchParams({ q: query, limit: String(limit), spss: String(spss), ...window });
	const { traces = [] } = await json<{ traces?: { spanSets?: { spans: unknown[] }[] }[] }>(
		`${url}/api/search?${search}`,
	);
	const count = traces.flatMap(({ spanSets = [] }) => spanSets.flatMap(({ spans }) => spans)).length;
	return { question: query, count, values: [], exemplars: 0 };
}

/** What Grafana asks for a service graph; the last one may have no answer where nothing failed. */
async function askServiceMap(url: string, range: Range): Promise<Unmeasured> {
	const over = `${Math.round((range.to - range.from) / 1000)}s`;
	const queries = ["request_total", "request_server_seconds_sum", "request_client_seconds_bucket"].map(
		(name) => `sum by (client, server) (rate(traces_service_graph_${name}[${over}]))`,
	);
	const answers = await Promise.all(
		queries.map((query) => askPrometheus({ instant: true } as Target, url, query, range, 60)),
	);
	const count = Math.min(...answers.map((answer) => answer.count));
	return { question: queries.join("; "), count, values: answers.flatMap(({ values }) => values), exemplars: 0 };
}

async function json<T>(url: string, init: RequestInit = {}): Promise<T> {
	const response = await fetch(url, { ...init, signal: AbortSignal.timeout(WITHIN_MS) });
	if (!response.ok) throw new Error(`${response.status} ${(await response.text()).slice(0, 600)}`);
	return (await response.json()) as T;
}

function post<T>(url: string, form: Record<string, string>): Promise<T> {
	return json(url, { method: "POST", body: new URLSearchParams(form) });
}
