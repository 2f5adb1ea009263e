import Module from "node:module";
import { dirname, resolve } from "node:path";
import { nearestManifest } from "../identity.ts";
import { say } from "../say.ts";

/** Transports that send lines to a store by themselves. */
export const SHIPPERS = ["pino-opentelemetry-transport", "pino-loki"] as const;

interface ThreadStreamOptions {
	filename?: unknown;
	workerData?: { targets?: unknown; pipelines?: unknown };
}

type ThreadStream = new (options?: ThreadStreamOptions) => object;

const SHIPPER = new RegExp(`(?:^|[\\\\/])(${SHIPPERS.join("|")})(?:[\\\\/]|$)`);

/** Knows which streams send lines to a store by themselves, so that no line is sent twice. Says so, once a transport. */
export class Shippers {
	private readonly streams = new WeakSet<object>();
	private readonly watched = new WeakSet<object>();
	private all = false;

	/** One is loaded into this thread: which loggers write to it cannot be seen, so all count as shipped. */
	runsHere(name: string): void {
		this.all = true;
		say(`${name} is loaded: the lines of this app's pino are left to it (TRIVET_SHIPPED_LINES=send sends them, too)`);
	}

	/** thread-stream, on which pino builds its transports, with an eye on what each of them runs. */
	watch(Original: ThreadStream): ThreadStream {
		const found = (options: ThreadStreamOptions | undefined, stream: object): void => {
			this.watched.add(stream);
			this.look(options, stream);
		};
		return class ThreadStream extends Original {
			constructor(options?: ThreadStreamOptions) {
				super(options);
				try {
					found(options, this);
				} catch {
					// A transport we cannot read is one we do not know.
				}
			}
		};
	}

	/** Does a logger that writes to `stream` have its lines shipped? */
	ships(stream: unknown): boolean {
		if (this.all) {
			return true;
		}
		if (typeof stream !== "object" || stream === null) {
			return false;
		}
		const { streams } = stream as { streams?: unknown };
		return (
			this.isShipper(stream) ||
			(Array.isArray(streams) &&
				streams.some((part: { stream?: object } | null) => part?.stream !== undefined && this.isShipper(part.stream)))
		);
	}

	private isShipper(stream: object): boolean {
		if (this.streams.has(stream) || this.watched.has(stream) || stream.constructor?.name !== "ThreadStream") {
			return this.streams.has(stream);
		}
		const name = shipperOfApp();
		if (name === undefined) {
			return false;
		}
		this.streams.add(stream);
		say(
			`pino was loaded before start(), and this app has ${name}: the lines of loggers with a transport are left to it (TRIVET_SHIPPED_LINES=send sends them, too)`,
		);
		return true;
	}

	private look(options: ThreadStreamOptions | undefined, stream: object): void {
		const { targets, pipelines } = options?.workerData ?? {};
		const modules = [
			options?.filename,
			...[targets, pipelines].flat(2).map((part) => (part as { target?: unknown } | undefined)?.target),
		];
		for (const module of modules) {
			const name = typeof module === "string" ? SHIPPER.exec(module)?.[1] : undefined;
			if (name !== undefined) {
				this.streams.add(stream);
				say(`${name} ships the lines of its logger: they are not sent again (TRIVET_SHIPPED_LINES=send does)`);
				return;
			}
		}
	}
}

/**
 * A transport that was made out of sight does not tell what it runs. But pino has looked for its file in this thread, which
 * Node remembers unless the package has `exports`; else what the app itself depends on has to do.
 */
function shipperOfApp(): string | undefined {
	const { _pathCache: found = {} } = Module as unknown as { _pathCache?: Record<string, string> };
	for (const file of Object.values(found)) {
		const name = SHIPPER.exec(file)?.[1];
		if (name !== undefined) {
			return name;
		}
	}
	const script = process.env.pm_exec_path ?? process.argv[1];
	const { dependencies = [] } = nearestManifest(script === undefined ? process.cwd() : dirname(resolve(script)));
	return SHIPPERS.find((name) => dependencies.includes(name));
}
