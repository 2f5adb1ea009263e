import { findProgram, type Startable, startServer } from "./program.ts";

/** The system's Redis, in memory only. */
export async function findRedis(): Promise<Startable> {
	const program = await findProgram("redis-server", "redis-server");
	if ("missing" in program) {
		return program;
	}
	const found = () =>
		startServer(
			program.found,
			(folder, port) => ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
			/Ready to accept connections/,
		);
	return { found };
}
