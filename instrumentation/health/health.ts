import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { instance } from "../instance.ts";
import { say } from "../say.ts";
import { askHttp } from "./ask.ts";
import { Check, type Probe } from "./check.ts";
import { watchHealth } from "./gauges.ts";
import { describeCheck, type Kind, type Measured, type Status, scoreOf, statusOf, weightsOf } from "./report.ts";
import { circleOf, readTrail, TRAIL_HEADER, trailHeader } from "./trail.ts";

interface CheckBase {
	/** Decides the weight unless that is given; `third_party` unless given. */
	kind?: Kind;
	/** Its part in the score, against the other checks' weights. */
	weight?: number;
	/** The whole is failing when this is. */
	critical?: boolean;
	/** `timeoutMs` of all checks unless given. */
	timeoutMs?: number;
}

/** One dependency: a function that tries it, or an HTTP endpoint (any 2xx is healthy; `deep` asks it with `?deep=true`). */
export type CheckOptions = CheckBase & ({ probe: Probe } | { url: string; deep?: boolean });

export interface HealthOptions {
	checks?: Record<string, CheckOptions>;
	/** `fail` and 503 below it; 0.6. */
	minScore?: number;
	/** For one probe; 1 s. */
	timeoutMs?: number;
	/** Probe in the background so often, for the gauges; 15 s, 0 for never. */
	everyMs?: number;
	/** How old results may be that answer a request; 500 ms. Whoever may ask must not be able to wear the dependencies down. */
	maxAgeMs?: number;
	/** As in OTEL_SERVICE_NAME unless given. Services that ask each other must have different names. */
	service?: string;
	version?: string;
}

/** A report in `application/health+json`. */
export interface HealthAnswer {
	status: 200 | 503;
	headers: Record<string, string>;
	body: string;
}

interface FastifyReply {
	code(status: number): { headers(headers: Record<string, string>): { send(body: string): unknown } };
}

interface KoaContext {
	url: string;
	headers: IncomingHttpHeaders;
	status: number;
	body: unknown;
	set(headers: Record<string, string>): void;
}

const MOST_CIRCLES = 10;

/**
 * Health of this process and of what it depends on. Shallow, `GET /health`, says that the process answers (liveness) and
 * touches nothing; deep, `GET /health?deep=true`, probes all dependencies at once (readiness) and answers 503 below the
 * least score or when a critical one is failing. Probes are not traced.
 *
 * @throws TypeError for a weight, score or URL that is none
 */
export function health(options: HealthOptions = {}): Health {
	return new Health(options);
}

export class Health {
	private readonly options: Required<Omit<HealthOptions, "checks" | "service" | "version">>;
	private readonly service: string;
	private readonly version: string;
	private readonly checks: (Omit<Measured, "state"> & { check: Check; asksOn: boolean })[];
	private readonly found = new Set<string>();
	private readonly timer: NodeJS.Timeout | undefined;
	private running: Promise<void> | undefined;
	private finishedMs = Number.NEGATIVE_INFINITY;

	constructor({ checks = {}, service, version, ...rest }: HealthOptions) {
		this.options = { minScore: 0.6, timeoutMs: 1_000, everyMs: 15_000, maxAgeMs: 500, ...rest };
		this.service = service ?? instance()?.service.name ?? process.env.OTEL_SERVICE_NAME ?? "unknown_service:node";
		this.version = version ?? instance()?.service.version ?? "";
		const entries = Object.entries(checks);
		for (const [name, { weight }] of entries) {
			if (weight !== undefined && !(weight >= 0 && Number.isFinite(weight))) {
				throw new TypeError(`the weight of the health check "${name}" is not a number from 0 up: ${weight}`);
			}
		}
		const weights = weightsOf(entries.map(([, { kind = "third_party", weight }]) => ({ kind, weight })));
		this.checks = entries.map(([name, check], index) => ({
			name,
			kind: check.kind ?? "third_party",
			weight: weights[index]!,
			critical: check.critical ?? false,
			asksOn: "url" in check && check.deep === true,
			check: new Check(
				"probe" in check ? check.probe : askHttp(check.url, check.deep === true, (circle) => this.note(circle)),
				check.timeoutMs ?? this.options.timeoutMs,
			),
		}));
		if (this.options.everyMs > 0 && this.checks.length > 0) {
			this.timer = setInterval(() => void this.probe([], this.options.everyMs / 2), this.options.everyMs);
			this.timer.unref();
		}
		watchHealth(this);
	}

	/** For `http.createServer`, express and connect. */
	readonly handler = (request: IncomingMessage, response: ServerResponse): void => {
		void this.answer(request.url, request.headers).then(({ status, headers, body }) => {
			response.writeHead(status, headers);
			response.end(body);
		});
	};

	/** For fastify: `app.get("/health", health.fastifyHandler)`. */
	readonly fastifyHandler = async (
		request: { url: string; headers: IncomingHttpHeaders },
		reply: FastifyReply,
	): Promise<unknown> => {
		const { status, headers, body } = await this.answer(request.url, request.headers);
		return reply.code(status).headers(headers).send(body);
	};

	/** For koa and its routers. */
	readonly koaHandler = async (ctx: KoaContext): Promise<void> => {
		const { status, headers, body } = await this.answer(ctx.url, ctx.headers);
		ctx.status = status;
		ctx.body = body;
		ctx.set(headers);
	};

	/** The answer to one request, for any other framework. Never rejects. */
	async answer(url: string | undefined, headers: IncomingHttpHeaders = {}): Promise<HealthAnswer> {
		if (!/[?&]deep(=(true|1)?)?(&|$)/.test(url ?? "")) {
			const observedValue = Math.round(process.uptime());
			return this.reply("pass", {
				checks: { uptime: [{ componentType: "system", observedValue, observedUnit: "s", status: "pass" }] },
			});
		}
		const trail = readTrail(headers);
		const circle = circleOf(trail, this.service);
		if (circle !== undefined) {
			this.note(circle);
		}
		await this.probe(trail, this.options.maxAgeMs, circle !== undefined);
		const measured = this.measured();
		const circles = [...this.found];
		return this.reply(statusOf(measured, this.options.minScore), {
			score: scoreOf(measured),
			checks: Object.fromEntries(measured.map((check) => [check.name, [describeCheck(check)]])),
			...(circles.length === 0
				? {}
				: { circles, notes: circles.map((names) => `Health checks ask each other in a circle: ${names}`) }),
		});
	}

	/** As of the last probes. */
	measured(): Measured[] {
		return this.checks.map(({ check, asksOn: _, ...rest }) => ({ ...rest, state: check.state }));
	}

	/** The circles in which services ask each other for their deep health, `orders > payment > orders`. */
	circles(): string[] {
		return [...this.found];
	}

	/** End the probes in the background. They hold no process open; this is for tests and servers that come and go. */
	stop(): void {
		clearInterval(this.timer);
	}

	private reply(status: Status, rest: object): HealthAnswer {
		return {
			status: status === "fail" ? 503 : 200,
			headers: { "Content-Type": "application/health+json", "Cache-Control": "no-store" },
			body: JSON.stringify({ status, serviceId: this.service, version: this.version, ...rest }),
		};
	}

	/**
	 * Resolves when the results are recent enough. One run at a time: whoever is not waited for joins it. A request that
	 * others wait behind must not wait for a run that was begun for somebody else, which may be waiting for them: it is
	 * answered from what is known, as is one that has come round.
	 */
	private async probe(trail: readonly string[], maxAgeMs: number, round = false): Promise<void> {
		if (performance.now() - this.finishedMs < maxAgeMs) {
			return;
		}
		if (this.running !== undefined) {
			return trail.length === 0 ? this.running : undefined;
		}
		const headers = { [TRAIL_HEADER]: trailHeader(trail, this.service) };
		const asked = round ? this.checks.filter(({ asksOn }) => !asksOn) : this.checks;
		this.running = Promise.all(asked.map(({ check }) => check.run(headers))).then(() => {
			this.running = undefined;
			if (!round) {
				this.finishedMs = performance.now();
			}
		});
		return this.running;
	}

	private note(circle: string): void {
		if (!this.found.has(circle) && this.found.size < MOST_CIRCLES) {
			this.found.add(circle);
			say(`health checks ask each other in a circle: ${circle}; one of them should not be deep`);
		}
	}
}
