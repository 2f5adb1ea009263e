/** The server's configuration: the command line's options over the environment, over the defaults; parsed once. */
import { isAbsolute, resolve } from "node:path";
import { z } from "zod";
import { InvalidInput } from "../core/ports.ts";

const port = z.coerce.number("give a port number from 1 to 65535").int().min(0).max(65535);
const list = z
	.string()
	.default("")
	.transform((text) =>
		text
			.split(",")
			.map((part) => part.trim())
			.filter(Boolean),
	);

const configSchema = z.object({
	TRIVET_HOST: z.string().min(1).default("127.0.0.1"),
	TRIVET_PORT: port.default(3000),
	TRIVET_OTLP_PORT: port.default(4318),
	TRIVET_OTLP_GRPC_PORT: port.optional(),
	/** Where apps send OTLP/HTTP when engines of one's own take the data in: only told, and where the demo sends. */
	TRIVET_OTLP_ENDPOINT: z.url({ protocol: /^https?$/, error: "give a URL such as http://localhost:4318" }).optional(),
	TRIVET_DATA_DIR: z.string().min(1).default(".trivet"),
	/** Megabytes the store may use for itself. */
	TRIVET_MEMORY: z.coerce.number("give a whole number").int().min(128).max(1_000_000).default(400),
	/** `72h` or `7d`. */
	TRIVET_RETENTION: z
		.string()
		.regex(/^\d+[hd]$/, "give hours or days, e.g. 72h or 7d")
		.default("72h")
		.transform((text) => Number(text.slice(0, -1)) * (text.endsWith("d") ? 24 : 1)),
	/** Megabytes on disk before the oldest hours go. */
	TRIVET_RETENTION_SIZE: z.coerce.number("give a whole number").int().min(100).default(20_000),
	TRIVET_SCRAPE_TARGETS: list,
	TRIVET_TOKEN: z.string().min(8).optional(),
	/** The address under which a container's port is published, when that is not TRIVET_HOST. */
	TRIVET_PUBLISHED_ON: z.string().min(1).optional(),
	/** The control server of a demo that somebody else started, e.g. http://demo:7400. */
	TRIVET_DEMO_URL: z.url({ protocol: /^https?$/, error: "give a URL such as http://demo:7400" }).optional(),
	TRIVET_ALLOWED_HOSTS: list,
	/** Where a Grafana with our boards is, as the reader's browser reaches it: only told, for links. */
	GRAFANA_URL: z.url({ protocol: /^https?$/, error: "give a URL such as http://localhost:3001" }).optional(),
});

export interface ServerConfig {
	host: string;
	port: number;
	otlpPort: number;
	otlpGrpcPort: number;
	otlpEndpoint: string | null;
	dataDir: string;
	memoryMb: number;
	retention: { ageHours: number; sizeMb: number };
	scrapeTargets: string[];
	token: string | null;
	demoUrl: string | null;
	allowedHosts: string[];
	grafanaUrl: string | null;
}

/** Throws InvalidInput naming each variable that does not fit. `root` is what a relative data directory is relative to. */
export function readConfig(environment: Record<string, string | undefined>, root: string): ServerConfig {
	const parsed = configSchema.safeParse(environment);
	if (!parsed.success) {
		const problems = parsed.error.issues.map((issue) => {
			const name = String(issue.path[0]);
			return `${name}=${environment[name] ?? ""}: ${issue.message}`;
		});
		throw new InvalidInput(problems.join("; "));
	}
	const env = parsed.data;
	const loopback = isLoopback(env.TRIVET_HOST);
	if (!isLoopback(env.TRIVET_PUBLISHED_ON ?? env.TRIVET_HOST) && env.TRIVET_TOKEN === undefined) {
		throw new InvalidInput(
			`TRIVET_HOST=${env.TRIVET_HOST} opens the console to others: set TRIVET_TOKEN (8 characters or more) as well, ` +
				"or TRIVET_PUBLISHED_ON=127.0.0.1 in a container whose port is published on that address only.",
		);
	}
	return {
		host: env.TRIVET_HOST,
		port: env.TRIVET_PORT,
		otlpPort: env.TRIVET_OTLP_PORT,
		// Whoever takes any port for the one takes any for the other.
		otlpGrpcPort: env.TRIVET_OTLP_GRPC_PORT ?? (env.TRIVET_OTLP_PORT === 0 ? 0 : 4317),
		otlpEndpoint: env.TRIVET_OTLP_ENDPOINT?.replace(/\/$/, "") ?? null,
		dataDir: isAbsolute(env.TRIVET_DATA_DIR) ? env.TRIVET_DATA_DIR : resolve(root, env.TRIVET_DATA_DIR),
		memoryMb: env.TRIVET_MEMORY,
		retention: { ageHours: env.TRIVET_RETENTION, sizeMb: env.TRIVET_RETENTION_SIZE },
		scrapeTargets: env.TRIVET_SCRAPE_TARGETS,
		token: env.TRIVET_TOKEN ?? null,
		demoUrl: env.TRIVET_DEMO_URL ?? null,
		grafanaUrl: env.GRAFANA_URL?.replace(/\/+$/, "") ?? null,
		allowedHosts: loopback ? env.TRIVET_ALLOWED_HOSTS : [...env.TRIVET_ALLOWED_HOSTS, env.TRIVET_HOST],
	};
}

function isLoopback(host: string): boolean {
	return ["127.0.0.1", "localhost", "::1"].includes(host);
}
