/** Traffic of an SDK that is not ours and not JavaScript's: OpenTelemetry for Python, with its defaults, over gRPC or HTTP. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const CACHE = fileURLToPath(new URL("../../../node_modules/.cache/trivet", import.meta.url));
const INSTALL_MS = 240_000;
const RUN_MS = 60_000;
/** What the pinned packages need. */
const OLDEST = [3, 10] as const;

const sentSchema = z.object({
	/** The SDK's own word that all of it was taken. */
	flushed: z.literal(true),
	service: z.string(),
	route: z.string(),
	traceId: z.string(),
	/** Of the root span; the others start so many ms later: price 10, stock 40, published 160. */
	startUnixNano: z.string().transform(BigInt),
	linkedTraceId: z.string(),
	linkedSpanId: z.string(),
	spans: z.object({ root: z.string(), price: z.string(), stock: z.string(), published: z.string() }),
});

/** What was sent, as far as it differs from run to run; the rest is in send.py. */
export type ForeignTraffic = z.infer<typeof sentSchema>;

export interface ForeignOptions {
	/** OTLP: `http://127.0.0.1:4317` for gRPC, `http://127.0.0.1:4318` for HTTP. */
	endpoint: string;
	protocol: "grpc" | "http/protobuf";
	/** Ends the service's name, so that runs do not meet: `python-<runId>`. */
	runId: string;
}

/** Why it cannot run here; null when it can. */
export async function whyNoForeignSdk(): Promise<string | null> {
	try {
		await python();
		return null;
	} catch (error) {
		return (error as Error).message;
	}
}

/** Installs the SDK when it is not there yet (a cache in node_modules; needs PyPI). Rejects with what Python said. */
export async function sendFromForeignSdk({ endpoint, protocol, runId }: ForeignOptions): Promise<ForeignTraffic> {
	const { command, version } = await python();
	const packages = await install(command, version);
	const { stdout, stderr } = await run(command, [join(HERE, "send.py")], RUN_MS, {
		PYTHONPATH: packages,
		PYTHONDONTWRITEBYTECODE: "1",
		OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
		OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
		OTEL_SERVICE_NAME: `python-${runId}`,
	});
	// Exporters log what they cannot deliver, and go on.
	if (/fail|error|retry/i.test(stderr)) throw new Error(`the Python SDK could not send to ${endpoint}:\n${stderr}`);
	return sentSchema.parse(JSON.parse(stdout));
}

async function python(): Promise<{ command: string; version: string }> {
	for (const command of ["python3", "python"]) {
		try {
			const { stdout } = await run(command, ["-c", "import sys, pip; print('%d.%d' % sys.version_info[:2])"], 10_000);
			const [major = 0, minor = 0] = stdout.trim().split(".").map(Number);
			if (major === OLDEST[0] && minor >= OLDEST[1]) return { command, version: stdout.trim() };
		} catch {
			// The next name.
		}
	}
	throw new Error(`there is no Python ${OLDEST.join(".")} or newer with pip here: install python3 and python3-pip`);
}

/** The folder with the packages. Several at once do no harm: the first that is ready stays. */
async function install(command: string, version: string): Promise<string> {
	const requirements = join(HERE, "requirements.txt");
	const pinned = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
	const folder = join(CACHE, `python-${version}-${process.platform}-${process.arch}-${pinned}`);
	if (existsSync(folder)) return folder;
	mkdirSync(CACHE, { recursive: true });
	const fresh = mkdtempSync(join(CACHE, "installing-"));
	try {
		const flags = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"];
		await run(command, ["-m", "pip", "install", ...flags, "--target", fresh, "-r", requirements], INSTALL_MS);
		renameSync(fresh, folder);
	} catch (error) {
		if (!existsSync(folder)) throw error;
	} finally {
		rmSync(fresh, { recursive: true, force: true });
	}
	return folder;
}

function run(
	command: string,
	args: string[],
	timeout: number,
	environment: Record<string, string> = {},
): Promise<{ stdout: string; stderr: string }> {
	const others = Object.entries(process.env).filter(([name]) => !name.startsWith("OTEL_"));
	const env = { ...Object.fromEntries(others), ...environment } as NodeJS.ProcessEnv;
	return new Promise((resolve, reject) => {
		execFile(command, args, { env, timeout, maxBuffer: 4 * 1024 * 1024 }, (error, stdout, stderr) => {
			if (error) reject(new Error(`${command} ${args.slice(0, 3).join(" ")}: ${stderr.trim() || error.message}`));
			else resolve({ stdout, stderr });
		});
	});
}
