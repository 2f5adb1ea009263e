import { type DiagLogger, DiagLogLevel, diag } from "opentelemetry-api-latest";

const LEVELS: Record<string, DiagLogLevel> = {
	none: DiagLogLevel.NONE,
	error: DiagLogLevel.ERROR,
	warn: DiagLogLevel.WARN,
	info: DiagLogLevel.INFO,
	debug: DiagLogLevel.DEBUG,
	verbose: DiagLogLevel.VERBOSE,
	all: DiagLogLevel.ALL,
};

const SILENCE_MS = 60_000;
const MAX_REMEMBERED = 200;
const lastSaid = new Map<string, number>();

/**
 * One line to stderr, prefixed, cut to 600 characters. The same line is said at most once a minute: a collector that is
 * down must not fill the app's log.
 */
export function say(message: string): void {
	const line = message.replace(/\s+/g, " ").slice(0, 600);
	const now = Date.now();
	const before = lastSaid.get(line);
	if (before !== undefined && now - before < SILENCE_MS) {
		return;
	}
	if (lastSaid.size >= MAX_REMEMBERED) {
		lastSaid.clear();
	}
	lastSaid.set(line, now);
	try {
		process.stderr.write(`[trivet] ${line}\n`);
	} catch {
		// A closed stderr is the app's business.
	}
}

/** Send OpenTelemetry's own diagnostics to stderr, from `warn` up unless OTEL_LOG_LEVEL says otherwise. */
export function routeDiagnostics(level: string | undefined): void {
	const at = LEVELS[(level ?? "warn").toLowerCase()] ?? DiagLogLevel.WARN;
	const write =
		(name: string) =>
		(message: string, ...rest: unknown[]) =>
			say(`${name}: ${message} ${rest.map(text).join(" ")}`);
	const logger: DiagLogger = {
		error: write("error"),
		warn: write("warning"),
		info: write("info"),
		debug: write("debug"),
		verbose: write("verbose"),
	};
	diag.setLogger(logger, { logLevel: at, suppressOverrideMessage: true });
}

function text(value: unknown): string {
	if (value instanceof Error) {
		return value.message;
	}
	if (typeof value === "string") {
		return value;
	}
	try {
		return JSON.stringify(value) ?? String(value);
	} catch {
		return String(value);
	}
}
