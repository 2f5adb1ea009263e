/** Which engines the console reads, and how: parsed once from the environment. */
import { existsSync } from "node:fs";
import { z } from "zod";
import { InvalidInput } from "../../core/ports.ts";
import type { EngineSettings } from "./engine.ts";

export interface StackSettings {
	tempo: EngineSettings | null;
	loki: EngineSettings | null;
	/** Prometheus, or Mimir with its prefix and tenant. */
	prometheus: EngineSettings | null;
}

const ENGINES = ["TEMPO", "LOKI", "PROMETHEUS"] as const;

const url = z
	.url({ protocol: /^https?$/, error: "give a URL such as http://localhost:3200" })
	.refine((text) => !/[?#]/.test(text), "give the URL without a query");
const file = z.string().refine((path) => existsSync(path), "there is no such file");
const flag = z.enum(["true", "false"], "say true or false").transform((text) => text === "true");
/** As OTEL_EXPORTER_OTLP_HEADERS: `name=value,name=value`, values percent-encoded where they hold a comma. */
const headers = z.string().transform((text, context) => {
	const found: Record<string, string> = {};
	for (const pair of text.split(",")) {
		if (pair.trim() === "") continue;
		const at = pair.indexOf("=");
		const name = pair.slice(0, at).trim().toLowerCase();
		const value = decoded(pair.slice(at + 1).trim());
		if (at < 1 || !/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name) || value === null || /[\r\n\0]/.test(value)) {
			context.addIssue({ code: "custom", message: "give name=value,name=value" });
			return z.NEVER;
		}
		found[name] = value;
	}
	return found;
});

/** Of each engine, behind `TEMPO_`, `LOKI_` or `PROMETHEUS_`. */
const VARIABLES = {
	URL: url,
	HEADERS: headers.optional(),
	TENANT: z.string().min(1).max(150).optional(),
	USERNAME: z.string().optional(),
	PASSWORD: z.string().optional(),
	TLS_CA_FILE: file.optional(),
	TLS_CERT_FILE: file.optional(),
	TLS_KEY_FILE: file.optional(),
	TLS_SERVER_NAME: z.string().min(1).optional(),
	TLS_INSECURE_SKIP_VERIFY: flag.optional(),
};
const SECRET = new Set(["HEADERS", "PASSWORD", "URL"]);

/** null when none of the three URLs is set: then the backend is the embedded one. Throws InvalidInput naming each variable that does not fit. */
export function readStackSettings(environment: Record<string, string | undefined>): StackSettings | null {
	const problems: string[] = [];
	const [tempo = null, loki = null, prometheus = null] = ENGINES.map((name) => engineOf(name, environment, problems));
	if (problems.length > 0) throw new InvalidInput(problems.join("; "));
	return tempo || loki || prometheus ? { tempo, loki, prometheus } : null;
}

function engineOf(
	engine: (typeof ENGINES)[number],
	environment: Record<string, string | undefined>,
	problems: string[],
): EngineSettings | null {
	const given: Record<string, string> = {};
	for (const name of Object.keys(VARIABLES)) {
		const value = environment[`${engine}_${name}`];
		if (value !== undefined && value !== "") given[name] = value;
	}
	if (given.URL === undefined) {
		for (const name of Object.keys(given)) problems.push(`${engine}_${name} is set, but ${engine}_URL is not`);
		return null;
	}
	const parsed = z.object(VARIABLES).safeParse(given);
	if (!parsed.success) {
		for (const issue of parsed.error.issues) {
			const name = String(issue.path[0]);
			problems.push(`${engine}_${name}${SECRET.has(name) ? "" : `=${given[name] ?? ""}`}: ${issue.message}`);
		}
		return null;
	}
	const env = parsed.data;
	if ((env.TLS_CERT_FILE === undefined) !== (env.TLS_KEY_FILE === undefined)) {
		problems.push(`${engine}_TLS_CERT_FILE and ${engine}_TLS_KEY_FILE go together: set both`);
	}
	const at = new URL(env.URL);
	const user = env.USERNAME ?? decodeURIComponent(at.username);
	const password = env.PASSWORD ?? decodeURIComponent(at.password);
	at.username = "";
	at.password = "";
	return {
		url: at.href,
		headers: {
			...(user === "" ? {} : { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` }),
			...env.HEADERS,
		},
		tenant: env.TENANT ?? null,
		tls: {
			...(env.TLS_CA_FILE === undefined ? {} : { caFile: env.TLS_CA_FILE }),
			...(env.TLS_CERT_FILE === undefined ? {} : { certFile: env.TLS_CERT_FILE }),
			...(env.TLS_KEY_FILE === undefined ? {} : { keyFile: env.TLS_KEY_FILE }),
			...(env.TLS_SERVER_NAME === undefined ? {} : { serverName: env.TLS_SERVER_NAME }),
			...(env.TLS_INSECURE_SKIP_VERIFY === undefined ? {} : { insecureSkipVerify: env.TLS_INSECURE_SKIP_VERIFY }),
		},
	};
}

function decoded(text: string): string | null {
	try {
		return decodeURIComponent(text);
	} catch {
		return null;
	}
}
