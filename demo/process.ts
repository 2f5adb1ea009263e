/**
 * The demo as a process of its own. Options: --otlp-endpoint URL --data-dir DIR [--control-port N] [--first-port N] [--rate N]
 * [--host ADDRESS] [--metrics-port N] [--postgres-url URL] [--redis-url URL], or TRIVET_DEMO_OTLP_ENDPOINT and so on; main.ts says what they are. Over IPC it sends {progress}, then {ready: true, controlUrl}, or {error} and exit code 1; it
 * ends on SIGTERM, SIGINT, or when its parent is gone, and takes every process of the shop with it.
 */
import { parseArgs } from "node:util";
import { z } from "zod";
import { type RunningDemo, startDemo } from "./main.ts";

const port = z.coerce.number().int().min(0).max(65_000);
const optionsSchema = z.object({
	"otlp-endpoint": z.url({ protocol: /^https?$/ }),
	"data-dir": z.string().min(1),
	"control-port": port.optional(),
	"first-port": port.optional(),
	rate: z.coerce.number().min(0.1).max(200).optional(),
	host: z.string().min(1).optional(),
	"metrics-port": z.coerce.number().int().min(1).max(65_000).optional(),
	"postgres-url": z.url({ protocol: /^postgres(ql)?$/ }).optional(),
	"redis-url": z.url({ protocol: /^rediss?$/ }).optional(),
});

function readOptions(): z.infer<typeof optionsSchema> {
	const names = Object.keys(optionsSchema.shape);
	const { values } = parseArgs({
		options: Object.fromEntries(names.map((name) => [name, { type: "string" as const }])),
	});
	const fromEnvironment = Object.fromEntries(
		names.map((name) => [name, process.env[`TRIVET_DEMO_${name.replace(/-/g, "_").toUpperCase()}`]]),
	);
	const parsed = optionsSchema.safeParse({ ...fromEnvironment, ...values });
	if (parsed.success) return parsed.data;
	throw new Error(`--${parsed.error.issues[0]?.path.join(".")}: ${parsed.error.issues[0]?.message}`);
}

function say(message: object): void {
	if (process.connected) process.send?.(message, () => {});
	else console.log(JSON.stringify(message));
}

let demo: RunningDemo | null = null;
let ending = false;
async function end(): Promise<void> {
	if (ending) return;
	ending = true;
	await demo?.stop();
	process.exit(0);
}
for (const signal of ["SIGTERM", "SIGINT", "disconnect"] as const) process.on(signal, () => void end());

try {
	const options = readOptions();
	demo = await startDemo({
		otlpEndpoint: options["otlp-endpoint"],
		dataDir: options["data-dir"],
		...(options["control-port"] === undefined ? {} : { controlPort: options["control-port"] }),
		...(options["first-port"] === undefined ? {} : { firstPort: options["first-port"] }),
		...(options.rate === undefined ? {} : { rate: options.rate }),
		...(options.host === undefined ? {} : { host: options.host }),
		...(options["metrics-port"] === undefined ? {} : { metricsPort: options["metrics-port"] }),
		...(options["postgres-url"] === undefined ? {} : { postgresUrl: options["postgres-url"] }),
		...(options["redis-url"] === undefined ? {} : { redisUrl: options["redis-url"] }),
		onProgress: (progress) => say({ progress }),
	});
	if (!ending) say({ ready: true, controlUrl: demo.controlUrl });
} catch (error) {
	const text = error instanceof Error ? error.message : String(error);
	console.error(`demo: ${text}`);
	if (process.connected) process.send?.({ error: text }, () => process.exit(1));
	else process.exit(1);
}
