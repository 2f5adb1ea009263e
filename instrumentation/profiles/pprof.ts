import type { HeapProfiler, Profiler, Runtime } from "node:inspector";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { Function as Callee, Line, Location, Profile, Sample, StringTable, ValueType } from "pprof-format";
import type { ProfileAbout } from "./profile.ts";

/*
 * V8's profiles in pprof's format: https://github.com/google/pprof/blob/main/proto/profile.proto.
 */

/**
 * V8's samples of one thread by wall-clock time, as CPU time: what the thread slept (`(idle)`) is left out, garbage collection
 * is a function of its own.
 */
export function cpuPprof(raw: Profiler.Profile, about: ProfileAbout, intervalUs: number): Promise<Uint8Array> {
	const builder = new Builder();
	const parents = new Map<number, number>();
	const nodes = new Map<number, Profiler.ProfileNode>();
	for (const node of raw.nodes) {
		nodes.set(node.id, node);
		for (const child of node.children ?? []) {
			parents.set(child, node.id);
		}
	}
	const { samples = [], timeDeltas = [] } = raw;
	const totals = new Map<number, [count: number, us: number]>();
	let left = raw.endTime - raw.startTime;
	for (const [index, id] of samples.entries()) {
		left -= timeDeltas[index] ?? 0;
		// A sample stands for the time until the next one; V8 now and then puts two in the wrong order.
		const us = Math.max(0, timeDeltas[index + 1] ?? left);
		const total = totals.get(id) ?? [0, 0];
		totals.set(id, [total[0] + 1, total[1] + us]);
	}
	for (const [id, [count, us]] of totals) {
		if (nodes.get(id)?.callFrame.functionName === "(idle)") {
			continue;
		}
		const stack: Runtime.CallFrame[] = [];
		for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
			stack.push(nodes.get(at)!.callFrame);
		}
		builder.add(stack, [count, us * 1000]);
	}
	return builder.encode(about, {
		types: [
			["samples", "count"],
			["cpu", "nanoseconds"],
		],
		period: intervalUs * 1000,
	});
}

/** V8's samples of allocations, scaled by it to what they stand for. */
export function heapPprof(
	raw: HeapProfiler.SamplingHeapProfile,
	about: ProfileAbout,
	intervalBytes: number,
	collected: boolean,
): Promise<Uint8Array> {
	const builder = new Builder();
	const pending: { node: HeapProfiler.SamplingHeapProfileNode; above: Runtime.CallFrame[] }[] = [
		{ node: raw.head, above: [] },
	];
	for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
		const stack = [next.node.callFrame, ...next.above];
		if (next.node.selfSize > 0) {
			builder.add(stack, [next.node.selfSize]);
		}
		for (const node of next.node.children) {
			pending.push({ node, above: stack });
		}
	}
	return builder.encode(about, {
		types: [[collected ? "alloc_space" : "inuse_space", "bytes"]],
		period: intervalBytes,
	});
}

class Builder {
	private readonly strings = new StringTable();
	private readonly functions = new Map<string, Callee>();
	private readonly locations = new Map<string, Location>();
	private readonly samples: Sample[] = [];

	/** @param stack the innermost first, down to V8's `(root)`. */
	add(stack: readonly Runtime.CallFrame[], value: number[]): void {
		const frames = stack.length > 1 ? stack.slice(0, -1) : stack;
		this.samples.push(new Sample({ locationId: frames.map((frame) => this.location(frame)), value }));
	}

	async encode(
		about: ProfileAbout,
		{ types, period }: { types: [type: string, unit: string][]; period: number },
	): Promise<Uint8Array> {
		const text = (of: string): number => this.strings.dedup(of);
		const sampleType = types.map(([type, unit]) => new ValueType({ type: text(type), unit: text(unit) }));
		const comment = [`service=${about.service}`, `pid=${about.pid}`, ...about.traceIds.map((id) => `trace_id=${id}`)];
		const profile = new Profile({
			sampleType,
			sample: this.samples,
			location: [...this.locations.values()],
			function: [...this.functions.values()],
			timeNanos: BigInt(Date.parse(about.startedAt)) * 1_000_000n,
			durationNanos: Math.round(about.seconds * 1e9),
			periodType: sampleType.at(-1)!,
			period,
			comment: comment.map(text),
			stringTable: this.strings,
		});
		return promisify(gzip)(profile.encode());
	}

	private location(frame: Runtime.CallFrame): number {
		const { functionName, url, lineNumber, columnNumber } = frame;
		const key = `${functionName}\n${url}\n${lineNumber}\n${columnNumber}`;
		let location = this.locations.get(key);
		if (location === undefined) {
			const id = this.functions.size + 1;
			const name = this.strings.dedup(functionName === "" ? "(anonymous)" : functionName);
			const callee = new Callee({
				id,
				name,
				systemName: name,
				filename: this.strings.dedup(pathOf(url)),
				startLine: lineNumber + 1,
			});
			this.functions.set(key, callee);
			location = new Location({ id, line: [new Line({ functionId: id, line: lineNumber + 1 })] });
			this.locations.set(key, location);
		}
		return Number(location.id);
	}
}

function pathOf(url: string): string {
	try {
		return url.startsWith("file:") ? fileURLToPath(url) : url;
	} catch {
		return url;
	}
}
