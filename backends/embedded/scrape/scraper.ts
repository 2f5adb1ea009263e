import type { MetricPoint } from "../../../core/model.ts";
import { DEFAULT_LIMITS, type ExpositionLimits } from "./exposition.ts";
import { metricPoints } from "./metric-points.ts";
import { scrape } from "./scrape.ts";
import type { ScrapeTarget } from "./scrape-target.ts";

export interface TargetStatus {
	url: string;
	service: string | null;
	/** null until the first scrape is over. */
	up: boolean | null;
	lastScrapeMs: number | null;
	durationMs: number | null;
	points: number;
	/** One sentence when `up` is false. */
	error: string | null;
	/** One sentence when the scrape worked with a flaw. */
	note: string | null;
}

export interface ScraperOptions {
	targets: readonly ScrapeTarget[];
	/** Takes the points of one scrape of one target; rejects when they cannot be kept. */
	sink: (points: MetricPoint[]) => Promise<void>;
	/** Between the starts of two scrapes of one target, give or take a tenth. Default 15 s. */
	intervalMs?: number;
	/** Of one scrape, its parsing and the sink excepted. Default 10 s. */
	timeoutMs?: number;
	limits?: ExpositionLimits;
	onStatus?: (status: TargetStatus) => void;
}

export interface Scraper {
	statuses(): TargetStatus[];
	/** Ends running scrapes and starts no others; resolves when the sink is no longer in use. */
	stop(): Promise<void>;
}

/** Scrapes each target on its own clock; a target is never asked again before its last answer is done with. */
export function startScraper(options: ScraperOptions): Scraper {
	const loops = options.targets.map((target) => new TargetLoop(target, options));
	return {
		statuses: () => loops.map((loop) => ({ ...loop.status })),
		stop: async () => {
			await Promise.all(loops.map((loop) => loop.stop()));
		},
	};
}

/** A target's status as one line for people: `up, 62 points in 4 ms`, `down: answered 503`. */
export function statusLine({ up, points, durationMs, error, note }: TargetStatus): string {
	if (up === null) return "not asked yet";
	if (!up) return `down: ${error}`;
	return `up, ${points} points in ${durationMs} ms${note === null ? "" : `; ${note}`}`;
}

class TargetLoop {
	readonly status: TargetStatus;
	private readonly target: ScrapeTarget;
	private readonly options: ScraperOptions;
	private readonly intervalMs: number;
	private readonly stopping = new AbortController();
	private timer: NodeJS.Timeout;
	private running: Promise<void> = Promise.resolve();

	constructor(target: ScrapeTarget, options: ScraperOptions) {
		this.target = target;
		this.options = options;
		this.intervalMs = options.intervalMs ?? 15_000;
		const { url, service } = target;
		this.status = { url, service, up: null, lastScrapeMs: null, durationMs: null, points: 0, error: null, note: null };
		// Soon, so that a first look shows something, but not all targets at once.
		this.timer = setTimeout(() => this.tick(), Math.random() * Math.min(1000, this.intervalMs));
	}

	private tick(): void {
		const startedMs = Date.now();
		this.running = this.scrapeOnce(startedMs).then(() => {
			if (this.stopping.signal.aborted) return;
			const spread = this.intervalMs * (0.9 + 0.2 * Math.random());
			this.timer = setTimeout(() => this.tick(), Math.max(0, startedMs + spread - Date.now()));
			this.options.onStatus?.({ ...this.status });
		});
	}

	/** Never rejects: what goes wrong is the target's status. */
	private async scrapeOnce(startedMs: number): Promise<void> {
		const status = this.status;
		status.note = null;
		try {
			const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(this.options.timeoutMs ?? 10_000)]);
			const { families, note } = await scrape(this.target.url, signal, this.options.limits ?? DEFAULT_LIMITS);
			const points = metricPoints(families, {
				service: this.target.service,
				fallbackService: new URL(this.target.url).host,
				timeUnixNano: BigInt(startedMs) * 1_000_000n,
			});
			if (points.length > 0) await this.options.sink(points);
			Object.assign(status, { up: true, error: null, note, points: points.length });
		} catch (error) {
			Object.assign(status, { up: false, error: sentence(error), points: 0 });
		}
		status.lastScrapeMs = startedMs;
		status.durationMs = Date.now() - startedMs;
	}

	async stop(): Promise<void> {
		this.stopping.abort();
		clearTimeout(this.timer);
		await this.running;
	}
}

function sentence(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	if (error.name === "TimeoutError") return "did not answer in time";
	// fetch says only "fetch failed"; the reason is in the cause.
	return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}
