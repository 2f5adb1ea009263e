/** A disk that is full, a real one: refused with the reason, nothing acknowledged is lost, and it goes on when there is room again. */
import { execFileSync } from "node:child_process";
import { closeSync, fstatSync, ftruncateSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { openEmbedded } from "./backend.ts";
import { encodeOtlp } from "./receive/otlp-encoder.ts";

const MIB = 1024 * 1024;
const disk = mkdtempSync(join(tmpdir(), "trivet-disk-"));
const whyNot = mount();
if (whyNot !== null)
	console.log(`skipped: a small disk cannot be mounted here (${whyNot}); run as root to test a full one`);

function mount(): string | null {
	try {
		execFileSync("mount", ["-t", "tmpfs", "-o", "size=48m", "tmpfs", disk], { stdio: "pipe" });
		return null;
	} catch (error) {
		return String((error as { stderr?: Buffer }).stderr ?? (error as Error).message).trim();
	}
}

afterAll(() => {
	if (whyNot === null) execFileSync("umount", [disk]);
	rmSync(disk, { recursive: true, force: true });
});

/** Takes what is left of the disk but so many bytes. */
function fill(path: string, leave: number): void {
	const file = openSync(path, "w");
	for (const size of [MIB, 4096]) {
		const block = Buffer.alloc(size, 1);
		try {
			for (;;) writeSync(file, block);
		} catch (error) {
			expect((error as NodeJS.ErrnoException).code).toBe("ENOSPC");
		}
	}
	ftruncateSync(file, fstatSync(file).size - leave);
	closeSync(file);
}

let nextId = 1;
const SPANS = 50;
const request = () => {
	const spans = Array.from({ length: SPANS }, () => ({
		traceId: (nextId++).toString(16).padStart(32, "0"),
		spanId: (nextId++).toString(16).padStart(16, "0"),
		name: "GET /x",
		startTimeUnixNano: `${Date.now()}000000`,
		endTimeUnixNano: `${Date.now()}000000`,
		attributes: [{ key: "k", value: { stringValue: "v".repeat(400) } }],
	}));
	return encodeOtlp("TracesRequest", { resourceSpans: [{ scopeSpans: [{ spans }] }] });
};

describe.skipIf(whyNot !== null)("a full disk", () => {
	test.each([
		["at once", 0],
		["while rows are on their way into the store", 300 * 1024],
		["after some more", MIB],
	])(
		"%s: refuses with the reason, loses nothing it acknowledged, takes data again when there is room",
		async (_, leave) => {
			const directory = mkdtempSync(join(disk, "data-"));
			const backend = await openEmbedded({ dataDir: directory, otlpPort: 0 });
			onTestFinished(() => backend.close());
			let acknowledged = 0;
			const send = async () => {
				// The store may be starting again: nobody answers then.
				const response = await fetch(`http://127.0.0.1:${backend.otlpPort}/v1/traces`, {
					method: "POST",
					headers: { "content-type": "application/x-protobuf" },
					body: request(),
				});
				if (response.status === 200) acknowledged += SPANS;
				return {
					status: response.status,
					text: await response.text(),
					retryAfter: response.headers.get("retry-after"),
				};
			};
			const stored = async () => (await backend.status()).ingest!.traces.stored;
			for (let i = 0; i < 20; i++) expect((await send()).status).toBe(200);
			if (leave === 0) await vi.waitFor(async () => expect(await stored()).toBe(acknowledged), 10_000);

			const filler = join(disk, "filler");
			fill(filler, leave);
			const refused = [];
			for (let i = 0; i < 60; i++) {
				const reply = await send();
				if (reply.status !== 200 && reply.status !== 0) refused.push(reply);
			}
			expect(refused.length).toBeGreaterThan(0);
			for (const { status, text, retryAfter } of refused) {
				expect(status).toBe(503);
				expect(text).toMatch(/journal cannot be written: .*(ENOSPC|took \d+ bytes)/);
				expect(Number(retryAfter)).toBeGreaterThan(0);
			}
			expect(readdirSync(join(directory, "journal")).length).toBeLessThan(10);

			rmSync(filler);
			await vi.waitFor(async () => expect((await send()).status).toBe(200), { timeout: 60_000, interval: 200 });
			for (let i = 0; i < 10; i++) await send();
			await vi.waitFor(async () => expect(await stored()).toBe(acknowledged), { timeout: 60_000, interval: 100 });
			await backend.close();

			const again = await openEmbedded({ dataDir: directory, otlpPort: 0 });
			expect((await again.status()).ingest!.traces.stored).toBe(acknowledged);
			await again.close();
			rmSync(directory, { recursive: true });
		},
	);
});
