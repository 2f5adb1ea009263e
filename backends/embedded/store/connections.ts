/** The readers' connections: each runs one query at a time, more wait in line. */
import type { DuckDBConnection } from "@duckdb/node-api";

export class Connections {
	private readonly idle: DuckDBConnection[];
	private readonly waiting: ((connection: DuckDBConnection) => void)[] = [];
	private readonly running = new Set<Promise<unknown>>();

	constructor(connections: DuckDBConnection[]) {
		this.idle = connections;
	}

	/** Runs `work` on a free connection; `signal` interrupts it. */
	async use<T>(work: (connection: DuckDBConnection) => Promise<T>, signal?: AbortSignal): Promise<T> {
		signal?.throwIfAborted();
		const connection =
			this.idle.pop() ?? (await new Promise<DuckDBConnection>((resolve) => this.waiting.push(resolve)));
		const interrupt = () => connection.interrupt();
		try {
			signal?.throwIfAborted();
			signal?.addEventListener("abort", interrupt, { once: true });
			const running = work(connection);
			this.running.add(running);
			try {
				return await running;
			} finally {
				this.running.delete(running);
			}
		} catch (error) {
			signal?.throwIfAborted();
			throw error;
		} finally {
			signal?.removeEventListener("abort", interrupt);
			const next = this.waiting.shift();
			if (next) next(connection);
			else this.idle.push(connection);
		}
	}

	/** Resolves when the queries that run now are over. */
	async quiesce(): Promise<void> {
		await Promise.allSettled([...this.running]);
	}

	close(): void {
		for (const connection of this.idle) connection.closeSync();
	}
}
