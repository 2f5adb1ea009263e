/** What the embedded backend can be told, and what it does when it is not. */

export interface EmbeddedOptions {
	/** Directory of its own; made when missing. */
	dataDir: string;
	/** OTLP/HTTP; 0 for any free port. */
	otlpPort?: number;
	/** OTLP/gRPC; 0 for any free port, not received when absent. */
	otlpGrpcPort?: number;
	host?: string;
	/** DuckDB's share of memory; the process needs about 250 MB beside it. */
	memoryMb?: number;
	retention?: Partial<Retention>;
	quotas?: Partial<Quotas>;
	/** URLs of metrics endpoints, or `name=url`. */
	scrapeTargets?: readonly string[];
	limits?: Partial<Limits>;
}

export interface Retention {
	/** Segments older than this go, imports excepted. */
	ageHours: number;
	/** When the database file is larger, the oldest segments go, imports last. */
	sizeMb: number;
}

export interface Quotas {
	/** Items a second that one service may send for ever; only enforced when the store is near its capacity. */
	perServicePerSecond: number;
}

export interface Limits {
	/** Of one request, as sent and inflated. */
	maxBodyBytes: number;
	maxInflatedBytes: number;
	/** Between a request's first byte and its rows being in the store, over all requests. */
	maxBytesInFlight: number;
	/** At each port. */
	maxConnections: number;
}

export interface Settings {
	dataDir: string;
	otlpPort: number;
	otlpGrpcPort: number | null;
	host: string;
	memoryMb: number;
	retention: Retention;
	quotas: Quotas;
	scrapeTargets: readonly string[];
	limits: Limits;
}

const MIB = 1024 * 1024;

export function settingsOf(options: EmbeddedOptions): Settings {
	return {
		dataDir: options.dataDir,
		otlpPort: options.otlpPort ?? 4318,
		otlpGrpcPort: options.otlpGrpcPort ?? null,
		host: options.host ?? "127.0.0.1",
		memoryMb: options.memoryMb ?? 384,
		retention: { ageHours: 7 * 24, sizeMb: 20 * 1024, ...options.retention },
		quotas: { perServicePerSecond: 20_000, ...options.quotas },
		scrapeTargets: options.scrapeTargets ?? [],
		limits: {
			maxBodyBytes: 16 * MIB,
			maxInflatedBytes: 64 * MIB,
			maxBytesInFlight: 64 * MIB,
			maxConnections: 512,
			...options.limits,
		},
	};
}
