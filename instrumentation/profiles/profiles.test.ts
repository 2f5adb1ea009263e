import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { HeapProfiler, Profiler } from "node:inspector";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { Profile } from "pprof-format";
import { describe, expect, it, type TestContext } from "vitest";
import { captureFor } from "../testing/capture-for.ts";
import { type App, runApp } from "../testing/run-app.ts";

const TOKEN = "a token of profiles".replaceAll(" ", "-");
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };
const run = promisify(execFile);

const capture = captureFor("one test");

function start(env: Record<string, string> = {}): App {
	return runApp("profiled.mjs", {
		otlp: capture.url,
		env: { TRIVET_PROFILE_TOKEN: TOKEN, OTEL_EXPORTER_PROMETHEUS_PORT: "0", ...env },
	});
}

const profilesOf = async (app: App): Promise<string> => `${await app.said(/profiles on (\S+)/)}/profiles`;

interface About {
	about: { service: string; pid: number; startedAt: string; seconds: number; traceIds: string[] };
}

/** Asks `path` of the app again and again until `work` is done. */
async function busy<T>(url: string, path: string, work: Promise<T>): Promise<T> {
	let over = false;
	const end = (): void => {
		over = true;
	};
	void work.then(end, end);
	while (!over) {
		await (await fetch(url + path)).text();
	}
	return work;
}

const namesIn = (profile: Profile): string[] =>
	profile.function.map(({ name }) => profile.stringTable.strings[Number(name)]!);
const commentsOf = (profile: Profile): string[] =>
	profile.comment.map((index) => profile.stringTable.strings[Number(index)]!);
const typesOf = (profile: Profile): string[] =>
	profile.sampleType.map(({ type, unit }) =>
		[type, unit].map((index) => profile.stringTable.strings[Number(index)]).join("/"),
	);

/** The sum of the last value of all samples that have `name` somewhere in their stack. */
function below(profile: Profile, name: string): number {
	const functions = new Map(profile.function.map((of) => [of.id, profile.stringTable.strings[Number(of.name)]]));
	const locations = new Map(profile.location.map((of) => [of.id, functions.get(of.line[0]!.functionId)]));
	return profile.sample
		.filter(({ locationId }) => locationId.some((id) => locations.get(id) === name))
		.reduce((sum, { value }) => sum + Number(value.at(-1)), 0);
}

/** The function with most of the last value; V8's own, as `(program)`, apart. */
function hottest(profile: Profile): string {
	const functions = new Map(profile.function.map((of) => [of.id, profile.stringTable.strings[Number(of.name)]!]));
	const locations = new Map(profile.location.map((of) => [of.id, functions.get(of.line[0]!.functionId)!]));
	const self = new Map<string, number>();
	for (const { locationId, value } of profile.sample) {
		const name = locations.get(locationId[0]!)!;
		self.set(name, (self.get(name) ?? 0) + Number(value.at(-1)));
	}
	return [...self].filter(([name]) => !name.startsWith("(")).sort(([, a], [, b]) => b - a)[0]![0];
}

/** `go tool pprof` where Go brings it built; where it would be built first, that takes minutes. */
async function top(body: Uint8Array, context: TestContext): Promise<string> {
	const tool = await run("go", ["env", "GOTOOLDIR"]).then(
		({ stdout }) => join(stdout.trim(), "pprof"),
		() => "pprof",
	);
	if (!existsSync(tool)) {
		console.log("no built `go tool pprof` is here: how it reads the profile is not tested");
		context.skip("no go tool pprof");
	}
	const folder = mkdtempSync(join(tmpdir(), "trivet-pprof-"));
	try {
		writeFileSync(join(folder, "profile.pb.gz"), body);
		const { stdout } = await run(tool, ["-top", "-nodecount=1000", join(folder, "profile.pb.gz")], {
			env: { ...process.env, PPROF_TMPDIR: folder },
		});
		return stdout;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

describe("a CPU profile", () => {
	it("is a .cpuprofile with the hot function and the traces that were open", async () => {
		const app = start();
		const url = await app.url();
		const profiles = await profilesOf(app);
		const response = await busy(url, "/burn", fetch(`${profiles}/cpu?seconds=1`, { headers: AUTHORIZED }));
		expect(response.status).toBe(200);
		expect(response.headers.get("content-type")).toBe("application/json");
		expect(response.headers.get("content-disposition")).toMatch(
			/^attachment; filename="app-under-test-\d+-[\dTZ-]+\.cpuprofile"$/,
		);
		const profile = (await response.json()) as Profiler.Profile & About;
		const hot = profile.nodes.find(({ callFrame }) => callFrame.functionName === "burnCpu")!;
		expect(hot.callFrame.url).toContain("apps/profiled.mjs");
		const hits = profile.nodes.filter(({ callFrame }) => !callFrame.functionName.startsWith("("));
		expect(hits.every(({ hitCount }) => hitCount! <= hot.hitCount!)).toBe(true);
		expect(profile.samples).toHaveLength(profile.timeDeltas!.length);

		expect(profile.about).toMatchObject({ service: "app-under-test", pid: app.child.pid });
		expect(profile.about.seconds).toBeGreaterThanOrEqual(1);
		await app.stop();
		const sent = capture.spans.map(({ traceId }) => traceId);
		expect(profile.about.traceIds.length).toBeGreaterThan(1);
		expect(sent).toEqual(expect.arrayContaining(profile.about.traceIds));
		expect(new Set(profile.about.traceIds).size).toBe(profile.about.traceIds.length);
		const header = response.headers.get("trivet-trace-ids")!.split(",");
		expect(header).toEqual(profile.about.traceIds.slice(0, 100));
	});

	it("is the same in pprof's format, in CPU time", async () => {
		const app = start();
		const url = await app.url();
		const profiles = await profilesOf(app);
		const response = await busy(
			url,
			"/burn",
			fetch(`${profiles}/cpu?seconds=1`, { headers: { ...AUTHORIZED, accept: "application/octet-stream" } }),
		);
		expect(response.headers.get("content-type")).toBe("application/octet-stream");
		const profile = Profile.decode(gunzipSync(new Uint8Array(await response.arrayBuffer())));
		expect(typesOf(profile)).toEqual(["samples/count", "cpu/nanoseconds"]);
		expect(hottest(profile)).toBe("burnCpu");
		expect(namesIn(profile)).not.toContain("(idle)");
		const header = response.headers.get("trivet-trace-ids")!.split(",");
		expect(commentsOf(profile)).toEqual(
			expect.arrayContaining(["service=app-under-test", ...header.map((id) => `trace_id=${id}`)]),
		);
	});

	it("is read by `go tool pprof`, as the profile of the heap is", async (context) => {
		const app = start();
		const url = await app.url();
		const profiles = await profilesOf(app);
		for (const [kind, path, name] of [
			["cpu", "/burn", "burnCpu"],
			["heap", "/hoard", "hoardMemory"],
		] as const) {
			const asked = fetch(`${profiles}/${kind}?seconds=1&format=pprof`, { headers: AUTHORIZED });
			const body = new Uint8Array(await (await busy(url, path, asked)).arrayBuffer());
			expect(await top(body, context)).toMatch(new RegExp(` ${name}\n`));
		}
	});

	it("knows of a span that was open before it and is open still", async () => {
		const app = start();
		const url = await app.url();
		const profiles = await profilesOf(app);
		const traceId = "5b8aa5a2d2c872e8321cf37308d69df2";
		const waits = fetch(`${url}/wait`, { headers: { traceparent: `00-${traceId}-5fb397be34d26b51-01` } });
		await app.said(/waiting/);
		const response = await fetch(`${profiles}/cpu?seconds=1`, { headers: AUTHORIZED });
		expect(response.headers.get("trivet-trace-ids")).toBe(traceId);
		expect(((await response.json()) as About).about.traceIds).toEqual([traceId]);
		await fetch(`${url}/release`);
		expect(await (await waits).text()).toBe("released");
		const after = await fetch(`${profiles}/cpu?seconds=1`, { headers: AUTHORIZED });
		expect(after.headers.get("trivet-trace-ids")).toBe("");
	});
});

describe("a heap profile", () => {
	it("is a .heapprofile of what is kept, with the function that keeps it and the traces", async () => {
		const app = start();
		const url = await app.url();
		const profiles = await profilesOf(app);
		const response = await busy(url, "/hoard", fetch(`${profiles}/heap?seconds=1`, { headers: AUTHORIZED }));
		expect(response.headers.get("content-disposition")).toContain(".heapprofile");
		const { head, about } = (await response.json()) as HeapProfiler.SamplingHeapProfile & About;
		const names: string[] = [];
		for (let level = [head]; level.length > 0; level = level.flatMap(({ children }) => children)) {
			names.push(...level.filter(({ selfSize }) => selfSize > 0).map(({ callFrame }) => callFrame.functionName));
		}
		expect(names).toContain("hoardMemory");
		expect(about.traceIds.length).toBeGreaterThan(1);
	});

	it.each([
		["", "inuse_space/bytes"],
		["&collected=true", "alloc_space/bytes"],
	])("in pprof's format (%j) counts %s", async (query, type) => {
		const app = start();
		const url = await app.url();
		const profiles = await profilesOf(app);
		const asked = fetch(`${profiles}/heap?seconds=1&format=pprof${query}`, { headers: AUTHORIZED });
		const body = new Uint8Array(await (await busy(url, "/hoard", asked)).arrayBuffer());
		const profile = Profile.decode(gunzipSync(body));
		expect(typesOf(profile)).toEqual([type]);
		expect(below(profile, "hoardMemory")).toBeGreaterThan(100_000);
	});
});

describe("who may not", () => {
	it("finds no endpoint where no token is configured, on neither server", async () => {
		const app = start({ TRIVET_PROFILE_TOKEN: "", OTEL_METRICS_EXPORTER: "prometheus" });
		const url = await app.url();
		const metrics = await app.said(/metrics on (\S+)/);
		expect((await fetch(new URL("/profiles/cpu", metrics), { headers: AUTHORIZED })).status).toBe(404);
		const own = await fetch(`${url}/debug/cpu`, { headers: AUTHORIZED });
		expect([own.status, await own.json()]).toMatchObject([404, { detail: expect.stringContaining("are off") }]);
	});

	it("opens no server where nothing is to be served, and a weak token is no token", async () => {
		const app = start({ TRIVET_PROFILE_TOKEN: "short" });
		await app.url();
		expect(app.stderr).toContain("TRIVET_PROFILE_TOKEN is not used");
		expect(app.stderr).not.toContain("profiles on");
		expect(app.stderr).not.toContain("short");
	});
});

describe("one at a time", () => {
	it("a second is told when to come back, on the other server and of the other kind too", async () => {
		const app = start();
		const url = await app.url();
		const profiles = await profilesOf(app);
		const first = await running(profiles);
		const second = await fetch(`${url}/debug/heap?seconds=1`, { headers: AUTHORIZED });
		expect(second.status).toBe(409);
		expect(Number(second.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
		expect(await second.json()).toMatchObject({ status: 409, detail: expect.stringContaining("being taken already") });
		first.cancel();
		await expectStatus(`${url}/debug/heap?seconds=1`, 200);
	});

	it("the request that asks on the app's own server is not among the traces", async () => {
		const app = start();
		const asked = await fetch(`${await app.url()}/debug/cpu?seconds=1`, { headers: AUTHORIZED });
		expect(asked.headers.get("x-trace-id")).toMatch(/^[0-9a-f]{32}$/);
		expect(((await asked.json()) as About).about.traceIds).toEqual([]);
	});

	it("whoever hangs up makes room for the next", async () => {
		const app = start();
		const profiles = await profilesOf(app);
		const first = await running(profiles);
		first.cancel();
		expect(await first.end).toBe("cut");
		await expectStatus(`${profiles}/cpu?seconds=1`, 200);
	});

	it("code may ask for one too, and gets its own request's trace", async () => {
		const app = start({ TRIVET_PROFILE_TOKEN: "" });
		const url = await app.url();
		const answer = await fetch(`${url}/own`);
		const { traceIds, nodes } = (await answer.json()) as { traceIds: string[]; nodes: number };
		expect(nodes).toBeGreaterThan(1);
		expect(traceIds).toEqual([answer.headers.get("x-trace-id")]);
	});
});

describe("the process's end", () => {
	it("is not held up by a profile when the app is over", async () => {
		const app = start();
		await app.url();
		const profiles = await profilesOf(app);
		const { end } = await running(profiles);
		app.child.kill("SIGUSR2");
		expect(await app.exited).toEqual({ code: 0, signal: null });
		expect(await end).toBe("cut");
	});

	it.each(["cpu", "heap"])("by process.exit() in the middle of a profile of %s keeps its code", async (kind) => {
		const app = start();
		const url = await app.url();
		const profiles = await profilesOf(app);
		const { end } = await running(profiles, kind);
		await fetch(`${url}/exit`);
		expect(await app.exited).toEqual({ code: 7, signal: null });
		expect(await end).toBe("cut");
		expect(app.stderr.split("\n").filter((line) => line !== "" && !line.startsWith("[trivet]"))).toEqual([]);
	});

	it("by SIGTERM in the middle of a profile is by SIGTERM", async () => {
		const app = start();
		const profiles = await profilesOf(app);
		const { end } = await running(profiles);
		expect(await app.stop()).toEqual({ code: null, signal: "SIGTERM" });
		expect(await end).toBe("cut");
	});
});

/** A long profile that has begun: another is refused. */
async function running(profiles: string, kind = "cpu"): Promise<{ end: Promise<string>; cancel: () => void }> {
	for (;;) {
		const caller = new AbortController();
		const asked = fetch(`${profiles}/${kind}?seconds=60`, { headers: AUTHORIZED, signal: caller.signal });
		const end = asked.then(
			({ status }) => String(status),
			() => "cut",
		);
		const other = await fetch(`${profiles}/cpu?seconds=1`, { headers: AUTHORIZED });
		if (other.status === 409) {
			return { end, cancel: () => caller.abort() };
		}
		// The other one was there first.
		caller.abort();
		await end;
	}
}

/** Asks until the answer is `status`. */
async function expectStatus(url: string, status: number): Promise<Response> {
	let response = await fetch(url, { headers: AUTHORIZED });
	await expect
		.poll(async () => {
			if (response.status !== status) {
				response = await fetch(url, { headers: AUTHORIZED });
			}
			return response.status;
		})
		.toBe(status);
	return response;
}
