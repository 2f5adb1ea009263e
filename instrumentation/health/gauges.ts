import { whenRunning } from "../instance.ts";
import { type Reading, Readout } from "../metrics/readout.ts";
import { type Measured, scoreOf } from "./report.ts";

interface Watched {
	measured(): Measured[];
	circles(): string[];
}

const watched = new Set<WeakRef<Watched>>();
let shown = false;

/** Show it in /metrics and in the push, beside any other of this process. */
export function watchHealth(health: Watched): void {
	watched.add(new WeakRef(health));
	if (!shown) {
		shown = true;
		whenRunning(({ metrics }) => metrics.add(...gauges()));
	}
}

function all(): Watched[] {
	return [...watched].flatMap((reference) => {
		const health = reference.deref();
		if (health === undefined) {
			watched.delete(reference);
		}
		return health ?? [];
	});
}

/** Of two checks of one name the later is shown. */
function each(read: (check: Measured) => number | undefined): Reading[] {
	const readings = new Map<string, Reading>();
	for (const check of all().flatMap((health) => health.measured())) {
		const value = read(check);
		if (value !== undefined) {
			const attributes = { "health.check": check.name, "health.critical": String(check.critical) };
			readings.set(check.name, [value, attributes]);
		}
	}
	return [...readings.values()];
}

function gauges(): Readout[] {
	return [
		new Readout(
			{
				name: "health.score",
				unit: "{score}",
				help: "The healthy dependencies' part of all weights; below 0.6 (unless set otherwise) the deep health is failing.",
				type: "gauge",
				aggregate: "min",
			},
			() => {
				const scores = all().map((health) => scoreOf(health.measured()));
				return scores.length === 0 ? [] : [[Math.min(...scores)]];
			},
		),
		new Readout(
			{
				name: "health.check.healthy",
				unit: "{healthy}",
				help: "1 for a healthy dependency, 0 from its second failure in a row to its third success.",
				type: "gauge",
				aggregate: "min",
			},
			() => each(({ state }) => (state.at === undefined ? undefined : Number(state.healthy))),
		),
		new Readout(
			{
				name: "health.check.duration",
				unit: "s",
				help: "Duration of the last probe.",
				type: "gauge",
				aggregate: "max",
			},
			() => each(({ state }) => (state.durationMs === undefined ? undefined : state.durationMs / 1_000)),
		),
		new Readout(
			{
				name: "health.circles",
				unit: "{circle}",
				help: "Circles in which services ask each other for their deep health.",
				type: "gauge",
				aggregate: "max",
			},
			() => [[new Set(all().flatMap((health) => health.circles())).size]],
		),
	];
}
