/**
 * For Next.js. In `instrumentation.ts`: `export { register } from "@trivet/instrumentation/next";`, and in `next.config`:
 * `export default withTrivet({ ... })`. Nothing of the rest is loaded before `register` decides to.
 */

/** What must not be bundled: hooks find a package by the folder it is loaded from. */
const EXTERNAL = [
	"@trivet/instrumentation",
	"@grpc/grpc-js",
	"express",
	"fastify",
	"ioredis",
	"kafkajs",
	"koa",
	"mysql2",
	"pg",
	"pino",
	"prom-client",
	"redis",
];

interface NextConfig {
	serverExternalPackages?: string[] | undefined;
}

/** Next calls it once a server process, in each runtime; only Node's is instrumented. Never rejects. */
export async function register(): Promise<void> {
	// Written so that the bundle for the edge runtime, where Next puts the runtime's name in, drops the import.
	if (process.env.NEXT_RUNTIME === "nodejs") {
		const { start } = await import("./start.ts");
		start();
	}
}

/** The same configuration with the instrumented packages left out of the server's bundle. */
export function withTrivet<Config extends object>(config: Config & NextConfig = {} as Config): Config & NextConfig {
	return {
		...config,
		serverExternalPackages: [...new Set([...(config.serverExternalPackages ?? []), ...EXTERNAL])],
	};
}
