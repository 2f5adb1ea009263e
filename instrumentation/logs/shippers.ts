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
	private all = false;

	/** One is loaded into this thread: which loggers write to it cannot be seen, so all count as shipped. */
	runsHere(name: string): void {
		this.all = true;
		say(`${name} is loaded: the lines of this app's pino are left to it (TRIVET_SHIPPED_LINES=send sends them, too)`);
	}

	/** thread-stream, on which pino builds its transports, with an eye on what each of them runs. */
	watch(Original: ThreadStream): ThreadStream {
		const found = (options: ThreadStreamOptions | undefined, stream: object): void => this.look(options, stream);
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
			this.streams.has(stream) ||
			(Array.isArray(streams) &&
				streams.some((part: { stream?: object } | null) => part?.stream !== undefined && this.streams.has(part.stream)))
		);
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
