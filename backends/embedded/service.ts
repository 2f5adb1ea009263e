/** Everything of the embedded backend in one process, wired together. */
import { join } from "node:path";
import { serialize } from "node:v8";
import type { MetricPoint, Signal } from "../../core/model.ts";
import { type BackendStatus, type IngestResult, InvalidInput, Overloaded } from "../../core/ports.ts";
import { Journal } from "./journal/journal.ts";
import { type Lock, lockDirectory } from "./lock.ts";
import { Budget } from "./receive/budget.ts";
import type { Request } from "./receive/decode.ts";
import { startGrpcReceiver } from "./receive/grpc.ts";
import { type Receiver, startReceiver } from "./receive/http.ts";
import { Pipeline } from "./receive/pipeline.ts";
import { Quota } from "./receive/quota.ts";
import type { CallMessage, ReplyMessage } from "./rpc/message.ts";
import { Responder } from "./rpc/responder.ts";
import { parseScrapeTargets } from "./scrape/scrape-target.ts";
import { type Scraper, startScraper, statusLine } from "./scrape/scraper.ts";
import type { Settings } from "./settings.ts";
import { OwnerThread } from "./store/owner-thread.ts";
import type { StoreStatus } from "./store/store.ts";

const SIGNALS: readonly Signal[] = ["traces", "logs", "metrics"];
const MIB = 1024 * 1024;

export class EmbeddedService {
	private readonly settings: Settings;
	private readonly lock: Lock;
	private readonly budget: Budget;
	private readonly responder: Responder;
	private readonly send: (message: ReplyMessage) => void;
	private owner!: OwnerThread;
	private pipeline!: Pipeline;
	private journal!: Journal;
	private receiver!: Receiver;
	private grpcReceiver: Receiver | null = null;
	private scraper: Scraper | null = null;
	private lastError: string | null = null;

	private constructor(settings: Settings, lock: Lock, send: (message: ReplyMessage) => void) {
		this.settings = settings;
		this.lock = lock;
		this.send = send;
		this.budget = new Budget(settings.limits.maxBytesInFlight);
		this.responder = new Responder((method, args) => this.answer(method, args), send);
	}

	/** Opens the store, replays the journal, then listens. `onGone` is called when a thread dies: the process cannot go on. */
	static async start(
		settings: Settings,
		send: (message: ReplyMessage) => void,
		onGone: (error: Error) => void,
	): Promise<EmbeddedService> {
		const lock = lockDirectory(settings.dataDir);
		const service = new EmbeddedService(settings, lock, send);
		try {
			await service.open(onGone);
		} catch (error) {
			lock.release();
			throw error;
		}
		return service;
	}

	get otlpPort(): number {
		return this.receiver.port;
	}

	/** Null when gRPC is not received. */
	get otlpGrpcPort(): number | null {
		return this.grpcReceiver?.port ?? null;
	}

	private async open(onGone: (error: Error) => void): Promise<void> {
		const { settings } = this;
		const targets = settings.scrapeTargets.flatMap((target) => parseScrapeTargets(target));
		this.owner = await OwnerThread.start(
			{
				file: join(settings.dataDir, "store.duckdb"),
				memoryMb: settings.memoryMb,
				threads: 2,
				readers: 4,
				retention: settings.retention,
			},
			{
				onLoaded: (position) => this.journal?.forget(position),
				onDropped: (message) => {
					this.lastError = message;
				},
				onReply: (message) => this.send(message),
				onGone,
			},
		);
		this.pipeline = new Pipeline({
			budget: this.budget,
			quota: new Quota(settings.quotas.perServicePerSecond),
			load: (batch, position) => this.owner.load(batch, position),
		});
		const opened = await Journal.open(join(settings.dataDir, "journal"), this.owner.loaded, (request, position) =>
			this.pipeline.replay(request, position),
		);
		this.journal = opened.journal;
		await this.pipeline.drain();
		this.journal.forget(this.owner.loaded);
		if (opened.damaged > 0)
			this.lastError = `${opened.damaged} damaged journal files: what followed the damage is lost`;
		this.pipeline.useJournal(this.journal);
		await this.receiveOtlp();
		if (targets.length > 0) this.scraper = startScraper({ targets, sink: (points) => this.takePoints(points) });
	}

	private async receiveOtlp(): Promise<void> {
		const { host, otlpPort, otlpGrpcPort, limits } = this.settings;
		const options = {
			host,
			limits: { maxBytes: limits.maxBodyBytes, maxInflatedBytes: limits.maxInflatedBytes },
			maxConnections: limits.maxConnections,
			pipeline: this.pipeline,
			budget: this.budget,
			onForeign: (sentence: string) => process.stderr.write(`${sentence}\n`),
		};
		// Each names the other's port to those who mistake them.
		const grpcPort = () => this.otlpGrpcPort;
		this.receiver = await startReceiver({ ...options, port: otlpPort, grpcPort });
		if (otlpGrpcPort === null) return;
		try {
			this.grpcReceiver = await startGrpcReceiver({ ...options, port: otlpGrpcPort, httpPort: this.receiver.port });
		} catch (error) {
			await this.receiver.close();
			throw error;
		}
	}

	/** A call of the parent: the readers' go to the owner's thread as they are. */
	receive(message: CallMessage): void {
		if (message.kind === "call" && message.method.startsWith("backend.")) this.responder.receive(message);
		else this.owner.post(message);
	}

	private answer(method: string, args: unknown[]): Promise<unknown> {
		if (method === "backend.status") return this.status();
		if (method === "backend.ingest")
			return this.ingest(args[0] as Signal, args[1] as string, args[2] as { keep: boolean });
		if (method === "backend.erase") return this.owner.calls.call("store.erase", [String(args[0])]);
		throw new Error(`the backend has no method ${method}`);
	}

	private ingest(signal: Signal, otlpJson: string, { keep }: { keep: boolean }): Promise<IngestResult> {
		if (!SIGNALS.includes(signal)) throw new InvalidInput(`there is no signal ${JSON.stringify(signal)}`);
		return this.take({
			signal,
			type: "json",
			body: ownBytes(Buffer.from(otlpJson, "utf8")),
			receivedMs: Date.now(),
			keep,
			deny: [],
		});
	}

	private async takePoints(points: MetricPoint[]): Promise<void> {
		if (points.length === 0) return;
		const body = ownBytes(serialize(points));
		await this.take({ signal: "metrics", type: "points", body, receivedMs: Date.now(), keep: false, deny: [] });
	}

	private take(request: Request): Promise<IngestResult> {
		const bytes = request.body.length;
		if (bytes > this.settings.limits.maxInflatedBytes) {
			throw new InvalidInput(
				`a request of ${bytes} bytes; ${this.settings.limits.maxInflatedBytes} are allowed: split it`,
			);
		}
		if (!this.budget.take(bytes)) throw new Overloaded("too much is on its way into the store", 1);
		return this.pipeline.take(request, bytes);
	}

	private async status(): Promise<BackendStatus> {
		const asked = performance.now();
		const store = await this.owner.calls.call<StoreStatus>("store.status", [], { deadlineMs: 5_000 });
		const latencyMs = performance.now() - asked;
		const full = this.budget.used > 0.8 * this.budget.max;
		const { retention } = this.settings;
		return {
			kind: "embedded",
			stores: [
				{
					name: "embedded",
					signals: [...SIGNALS],
					state: full || store.problem !== null ? "degraded" : "ok",
					reason: full ? "more arrives than the store can take: senders are asked to wait" : store.problem,
					latencyMs,
					lastError: this.lastError ?? store.problem,
				},
			],
			ingest: {
				traces: { ...this.pipeline.counters.traces, stored: store.stored.traces },
				logs: { ...this.pipeline.counters.logs, stored: store.stored.logs },
				metrics: { ...this.pipeline.counters.metrics, stored: store.stored.metrics },
			},
			dataWindow: store.window,
			capabilities: { ingest: true, traceql: false, logql: false },
			facts: [
				{ name: "database size", value: store.usedBytes, unit: "By" },
				{ name: "journal backlog", value: this.journal.bytes, unit: "By" },
				{ name: "in flight", value: this.budget.used, unit: "By" },
				{ name: "resident memory", value: process.memoryUsage.rss(), unit: "By" },
				...(this.grpcReceiver ? [{ name: "OTLP/gRPC", value: `port ${this.grpcReceiver.port}`, unit: "" }] : []),
				{ name: "segments", value: store.segments, unit: "1" },
				{ name: "retention age", value: retention.ageHours, unit: "h" },
				{ name: "retention size", value: retention.sizeMb * MIB, unit: "By" },
				...(this.scraper?.statuses() ?? []).map((one) => ({
					name: `scrape ${one.service ?? one.url}`,
					value: statusLine(one),
					unit: "",
				})),
			],
		};
	}

	/** Takes nothing new, stores what was taken, closes the file. */
	async close(): Promise<void> {
		await this.scraper?.stop();
		await Promise.all([this.receiver.close(), this.grpcReceiver?.close()]);
		await this.pipeline.drain();
		await this.owner.close();
		await this.pipeline.close();
		await this.journal.close();
		this.journal.forget(this.owner.loaded);
		this.lock.release();
	}
}

/** Bytes in a buffer of their own, because they travel to another thread. */
function ownBytes(bytes: Buffer): Uint8Array {
	if (bytes.byteLength === bytes.buffer.byteLength) return bytes;
	const own = new Uint8Array(bytes.length);
	own.set(bytes);
	return own;
}
