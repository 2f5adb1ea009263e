import {
	constants,
	type EventLoopUtilization,
	monitorEventLoopDelay,
	PerformanceObserver,
	performance,
} from "node:perf_hooks";
import { getHeapSpaceStatistics, getHeapStatistics } from "node:v8";
import type { Aggregate, Family, OwnMetric } from "../family.ts";
import { DurationHistogram } from "../histogram.ts";
import { type Reading, Readout } from "../readout.ts";

/** The conventions' boundaries, and one more below: most collections take less than 10 ms. */
const GC_BOUNDS = [0.001, 0.01, 0.1, 1, 10];
const GC_TYPES: Record<number, string> = {
	[constants.NODE_PERFORMANCE_GC_MAJOR]: "major",
	[constants.NODE_PERFORMANCE_GC_MINOR]: "minor",
	[constants.NODE_PERFORMANCE_GC_INCREMENTAL]: "incremental",
	[constants.NODE_PERFORMANCE_GC_WEAKCB]: "weakcb",
};

/**
 * How busy this process is, by the names of the semantic conventions for Node.js, V8 and processes: event loop, garbage
 * collection, heap, CPU and memory. None of them is a name of prom-client's default metrics.
 */
export function runtimeMetrics(): OwnMetric[] {
	return [...eventLoop(), garbageCollection(), ...heap(), ...processUse()];
}

/** Each look wakes the process: at the usual 10 ms an idle one uses 1 % of a core for nothing else, at 50 ms 0.2 to 0.3 %. */
const RESOLUTION_MS = 50;
const WINDOW_MS = 10_000;
const QUANTILES = { p50: 50, p90: 90, p99: 99 };

/** What happened since the window began; several readers may ask at different times, none takes it from another. */
interface Window {
	delay: Record<string, number>;
	utilization: number;
}

function eventLoop(): OwnMetric[] {
	const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
	histogram.enable();
	let since: EventLoopUtilization = performance.eventLoopUtilization();
	let beganMs = performance.now();
	let last: Window | undefined;
	const window = (): Window => {
		const nowMs = performance.now();
		if (last !== undefined && nowMs - beganMs < WINDOW_MS) {
			return last;
		}
		const use = performance.eventLoopUtilization(since);
		// The timer that measures is itself late by its resolution; a histogram without values has a minimum beyond reason.
		const seconds = (nanos: number): number =>
			histogram.count === 0 ? 0 : Math.max(0, nanos / 1e9 - RESOLUTION_MS / 1e3);
		const read: Window = {
			utilization: use.utilization,
			delay: {
				min: seconds(histogram.min),
				max: seconds(histogram.max),
				mean: seconds(histogram.mean),
				stddev: histogram.count === 0 ? 0 : histogram.stddev / 1e9,
				...Object.fromEntries(Object.entries(QUANTILES).map(([name, at]) => [name, seconds(histogram.percentile(at))])),
			},
		};
		if (nowMs - beganMs >= WINDOW_MS) {
			histogram.reset();
			since = performance.eventLoopUtilization();
			beganMs = nowMs;
			last = read;
		}
		return read;
	};
	const delay = (of: string, what: string, aggregate: Aggregate): OwnMetric =>
		new Readout(
			{ name: `nodejs.eventloop.delay.${of}`, unit: "s", type: "gauge", help: `Event loop ${what} delay.`, aggregate },
			() => [[window().delay[of] ?? 0]],
		);
	return [
		delay("min", "minimum", "min"),
		delay("max", "maximum", "max"),
		delay("mean", "mean", "average"),
		delay("stddev", "standard deviation of the", "max"),
		delay("p50", "50 percentile", "max"),
		delay("p90", "90 percentile", "max"),
		delay("p99", "99 percentile", "max"),
		new Readout(
			{
				name: "nodejs.eventloop.utilization",
				unit: "1",
				type: "gauge",
				help: "Event loop utilization.",
				aggregate: "max",
			},
			() => [[window().utilization]],
		),
		new Readout(
			{
				name: "nodejs.eventloop.time",
				unit: "s",
				type: "counter",
				help: "Cumulative duration of time the event loop has been in each state.",
			},
			() => {
				const { active, idle } = performance.eventLoopUtilization();
				return [
					[active / 1000, { "nodejs.eventloop.state": "active" }],
					[idle / 1000, { "nodejs.eventloop.state": "idle" }],
				];
			},
		),
	];
}

function garbageCollection(): OwnMetric {
	const definition = {
		name: "v8js.gc.duration",
		help: "Garbage collection duration.",
		labels: ["v8js.gc.type"],
		bounds: GC_BOUNDS,
	};
	const durations = new DurationHistogram(definition, Object.keys(GC_TYPES).length);
	new PerformanceObserver((list) => {
		for (const entry of list.getEntries()) {
			const kind = GC_TYPES[(entry as { detail?: { kind?: number } }).detail?.kind ?? 0];
			if (kind !== undefined) {
				durations.observe([kind], entry.duration / 1000, undefined, 0);
			}
		}
	}).observe({ entryTypes: ["gc"] });
	return durations;
}

function heap(): OwnMetric[] {
	const bySpace = (
		name: string,
		help: string,
		field: keyof ReturnType<typeof getHeapSpaceStatistics>[number],
	): OwnMetric =>
		new Readout({ name, unit: "By", type: "gauge", help }, () =>
			getHeapSpaceStatistics()
				.filter(isUsed)
				.map((space): Reading => [Number(space[field]), { "v8js.heap.space.name": space.space_name }]),
		);
	return [
		bySpace("v8js.memory.heap.used", "Heap memory used by objects.", "space_used_size"),
		bySpace("v8js.memory.heap.space.size", "Heap memory pre-allocated for a heap space.", "space_size"),
		bySpace("v8js.memory.heap.space.available_size", "Heap space available.", "space_available_size"),
		bySpace("v8js.memory.heap.space.physical_size", "Committed size of a heap space.", "physical_space_size"),
		// The conventions have no name for it, and without it nobody can say how full the heap is.
		new Readout(
			{
				name: "v8js.memory.heap.size_limit",
				unit: "By",
				type: "gauge",
				help: "Heap size at which the process runs out of memory (--max-old-space-size).",
			},
			() => [[getHeapStatistics().heap_size_limit]],
		),
	];
}

function isUsed({ space_size }: { space_size: number }): boolean {
	return space_size > 0;
}

/** When this process began, for rates over a restart. prom-client's default metrics have it too, and theirs is taken then. */
export function processStart(): Family {
	const head = { name: "process_start_time_seconds", help: "Start time of the process since unix epoch in seconds." };
	const value = Math.round(performance.timeOrigin) / 1000;
	return { ...head, type: "gauge", aggregate: "min", points: [{ labels: {}, value }] };
}

function processUse(): OwnMetric[] {
	return [
		new Readout(
			{
				name: "process.cpu.time",
				unit: "s",
				type: "counter",
				help: "Total CPU seconds broken down by different CPU modes.",
			},
			() => {
				const { user, system } = process.cpuUsage();
				return [
					[user / 1e6, { "cpu.mode": "user" }],
					[system / 1e6, { "cpu.mode": "system" }],
				];
			},
		),
		new Readout(
			{ name: "process.memory.usage", unit: "By", type: "gauge", help: "The amount of physical memory in use." },
			() => [[process.memoryUsage.rss()]],
		),
		new Readout(
			{
				name: "process.uptime",
				unit: "s",
				type: "gauge",
				help: "The time the process has been running.",
				aggregate: "min",
			},
			() => [[process.uptime()]],
		),
	];
}
