import { gunzipSync } from "node:zlib";
import { Profile } from "pprof-format";
import { describe, expect, it } from "vitest";
import { captureFor } from "../testing/capture-for.ts";
import { runApp } from "../testing/run-app.ts";

const TOKEN = "a-token-of-profiles";
const headers = { authorization: `Bearer ${TOKEN}` };

const capture = captureFor("one test");

/** A cluster of two whose primary answers at `ask`. */
async function start(): Promise<{ ask: (path: string, signal?: AbortSignal) => Promise<Response>; pids: number[] }> {
	const app = runApp("cluster.mjs", {
		otlp: capture.url,
		args: ["2"],
		env: { TRIVET_PROFILE_TOKEN: TOKEN, OTEL_EXPORTER_PROMETHEUS_PORT: "0" },
	});
	await app.url();
	const profiles = `${await app.said(/profiles on (\S+)/)}/profiles/`;
	const ask = (path: string, signal?: AbortSignal): Promise<Response> =>
		fetch(profiles + path, { headers, ...(signal === undefined ? {} : { signal }) });
	const { detail } = (await (await ask("cpu?pid=1")).json()) as { detail: string };
	const pids = /; ([\d, ]+)\.$/.exec(detail)![1]!.split(", ").map(Number);
	expect([new Set(pids).size, pids.includes(app.child.pid!)]).toEqual([2, false]);
	return { ask, pids };
}

describe("the primary of a cluster", () => {
	it("answers for its workers, all at once and each one at a time", async () => {
		const { ask, pids } = await start();
		const [first, second] = pids;
		const [cpu, heap] = await Promise.all([
			ask(`cpu?seconds=1&pid=${first}`),
			ask(`heap?seconds=1&pid=${second}&format=pprof`),
		]);
		expect([cpu!.status, heap!.status]).toEqual([200, 200]);
		expect(cpu!.headers.get("content-disposition")).toContain(`-${first}-`);
		expect(((await cpu!.json()) as { about: { pid: number } }).about.pid).toBe(first);
		const profile = Profile.decode(gunzipSync(new Uint8Array(await heap!.arrayBuffer())));
		expect(profile.sampleType.length).toBeGreaterThan(0);
		expect(heap!.headers.get("content-disposition")).toMatch(new RegExp(`-${second}-.*\\.heap\\.pb\\.gz"$`));
		const both = await Promise.all([ask(`cpu?seconds=1&pid=${first}`), ask(`cpu?seconds=1&pid=${first}`)]);
		expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
		expect(both.find(({ status }) => status === 409)!.headers.get("retry-after")).toMatch(/^\d+$/);
	});

	it("lets a worker go when whoever asked hangs up", async () => {
		const { ask, pids } = await start();
		const hangUp = new AbortController();
		const left = ask(`cpu?seconds=60&pid=${pids[0]}`, hangUp.signal);
		await expect.poll(async () => (await ask(`cpu?seconds=1&pid=${pids[0]}`)).status).toBe(409);
		hangUp.abort();
		await expect(left).rejects.toThrow(/abort/);
		await expect.poll(async () => (await ask(`cpu?seconds=1&pid=${pids[0]}`)).status).toBe(200);
	});

	it("says so when the worker ends meanwhile", async () => {
		const { ask, pids } = await start();
		const asked = ask(`cpu?seconds=60&pid=${pids[0]}`);
		await expect.poll(async () => (await ask(`cpu?seconds=1&pid=${pids[0]}`)).status).toBe(409);
		process.kill(pids[0]!, "SIGKILL");
		const response = await asked;
		expect(response.status).toBe(502);
		expect(((await response.json()) as { detail: string }).detail).toContain(`The worker ${pids[0]} ended`);
	});
});
