/** `npm run import -- FILE...`: sends OTLP/JSON lines (gzip or plain) to a running Trivet, with a progress bar. */
import { createReadStream, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { parseArgs } from "node:util";
import { createGunzip } from "node:zlib";
import type { ImportJob } from "../server/api/schema.ts";
import { requestTimes } from "../server/import-shift.ts";

const HELP = `npm run import -- [--url http://localhost:3000] [--shift-to-now] FILE...

  FILE            OTLP/JSON lines: one export request a line, traces, logs or metrics, gzip or plain
  --shift-to-now  move all files together so that their newest time is now; without it old times stay, and are kept for good
  --url           the running console (TRIVET_URL)
  --token         its token, where it demands one (TRIVET_TOKEN)
`;

export async function main(args: string[]): Promise<void> {
	const { values, positionals } = parseArgs({
		args,
		allowPositionals: true,
		options: {
			url: { type: "string", default: process.env.TRIVET_URL ?? `http://localhost:${process.env.TRIVET_PORT ?? 3000}` },
			token: { type: "string", default: process.env.TRIVET_TOKEN ?? "" },
			"shift-to-now": { type: "boolean", default: false },
			help: { type: "boolean", short: "h", default: false },
		},
	});
	if (values.help || positionals.length === 0) {
		process.stdout.write(HELP);
		return;
	}
	for (const file of positionals) statSync(file);
	const shiftMs = values["shift-to-now"] ? Date.now() - (await newestMs(positionals)) : 0;
	let failed = 0;
	for (const file of positionals) {
		const job = await send(file, values.url, values.token, shiftMs);
		const { traces, logs, metrics } = job.accepted;
		process.stdout.write(
			`${file}: ${traces} spans, ${logs} log records, ${metrics} metric points; ${job.rejected} rejected\n`,
		);
		const page = traces > 0 ? "/traces" : logs > 0 ? "/logs" : "/";
		for (const problem of job.problems) process.stdout.write(`  ${problem}\n`);
		if (job.window)
			process.stdout.write(`  ${values.url}${page}?from=${job.window.fromMs}&to=${job.window.toMs + 1}\n`);
		if (job.state === "failed") failed++;
	}
	if (failed > 0) throw new Error(`${failed} of ${positionals.length} files could not be imported.`);
}

async function send(file: string, url: string, token: string, shiftMs: number): Promise<ImportJob> {
	const { size } = statSync(file);
	let sent = 0;
	const body = createReadStream(file);
	body.on("data", (chunk) => {
		sent += chunk.length;
		bar(file, sent, size);
	});
	const query = new URLSearchParams({ name: basename(file), shiftMs: String(shiftMs) });
	const response = await fetch(`${url}/api/import?${query}`, {
		method: "POST",
		headers: {
			"content-type": "application/octet-stream",
			...(token ? { authorization: `Bearer ${token}` } : {}),
		},
		body: Readable.toWeb(body) as ReadableStream,
		duplex: "half",
	} as RequestInit).catch((error: unknown) => {
		const cause = (error as { cause?: { code?: string } }).cause;
		throw new Error(
			`${url} does not answer (${cause?.code ?? String(error)}): start Trivet first, or name it with --url.`,
		);
	});
	if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
	if (!response.ok) {
		const problem = (await response.json().catch(() => ({}))) as { detail?: string };
		throw new Error(`${file}: ${url} answered ${response.status}. ${problem.detail ?? ""}`);
	}
	return (await response.json()) as ImportJob;
}

function bar(file: string, sent: number, size: number): void {
	if (!process.stderr.isTTY) return;
	const width = 30;
	const done = size === 0 ? width : Math.round((sent / size) * width);
	process.stderr.write(
		`\r\x1b[K  ${basename(file)} ${"█".repeat(done)}${"░".repeat(width - done)} ${Math.round((100 * sent) / (size || 1))} %`,
	);
}

/** Newest time in all files, epoch milliseconds. */
async function newestMs(files: string[]): Promise<number> {
	let newest = Number.NEGATIVE_INFINITY;
	for (const file of files) {
		const stream = createReadStream(file);
		const input = (await isGzip(file)) ? stream.pipe(createGunzip()) : stream;
		for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
			if (line.trim() === "") continue;
			newest = Math.max(newest, requestTimes(tryParse(line))?.toMs ?? newest);
		}
	}
	return Number.isFinite(newest) ? newest : Date.now();
}

async function isGzip(file: string): Promise<boolean> {
	const handle = await open(file);
	try {
		const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
		return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
	} finally {
		await handle.close();
	}
}

/** A line that is no JSON has no times; the server names it when it is sent. */
function tryParse(line: string): unknown {
	try {
		return JSON.parse(line);
	} catch {
		return null;
	}
}
