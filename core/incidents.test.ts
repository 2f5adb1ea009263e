import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	type Alert,
	type AlertMessage,
	commonOf,
	endOf,
	hear,
	type Incident,
	isFiring,
	MOST_ALERTS,
	serviceOf,
	severityOf,
	startOf,
	titleOf,
	windowOf,
} from "./incidents.ts";

type Heard = AlertMessage["alerts"][number];

const alert = (
	fingerprint: string,
	startsAtMs: number,
	endsAtMs: number | null = null,
	more: Partial<Heard> = {},
): Heard => ({
	fingerprint,
	startsAtMs,
	endsAtMs,
	labels: {},
	annotations: {},
	generatorUrl: "",
	...more,
});

const message = (...alerts: Heard[]): AlertMessage => ({
	groupKey: "g",
	groupLabels: {},
	receiver: "trivet",
	externalUrl: "",
	unlisted: 0,
	alerts,
	heardMs: 1_000,
});

/** What a store would hold, newest incident first. */
function heardAll(messages: readonly AlertMessage[]): Incident[] {
	let known: Incident[] = [];
	for (const one of messages) {
		const changes = hear(known, one);
		const replaced = new Map(changes.map(({ index, incident }) => [index, incident]));
		const fresh = changes.flatMap(({ index, incident }) => (index === null ? incident : []));
		known = [...fresh, ...known.map((old, i) => replaced.get(i) ?? old)];
	}
	return known;
}

/** `fingerprint@start` to `firing`, its end, or `~` and its assumed end. */
const states = (incidents: readonly Incident[]): Record<string, string> =>
	Object.fromEntries(
		incidents
			.flatMap(({ alerts }) => alerts)
			.map((one: Alert) => [
				`${one.fingerprint}@${one.startsAtMs}`,
				one.endsAtMs === null ? "firing" : `${one.endAssumed ? "~" : ""}${one.endsAtMs}`,
			]),
	);

describe("an alert", () => {
	const CASES: { name: string; heard: Heard[]; ends: Record<string, string>; incidents?: number }[] = [
		{ name: "fires when it is heard", heard: [alert("a", 10)], ends: { "a@10": "firing" } },
		{ name: "heard twice is one", heard: [alert("a", 10), alert("a", 10)], ends: { "a@10": "firing" } },
		{ name: "is resolved when it is said", heard: [alert("a", 10), alert("a", 10, 20)], ends: { "a@10": "20" } },
		{ name: "never seen firing is kept all the same", heard: [alert("a", 10, 20)], ends: { "a@10": "20" } },
		{
			name: "stays resolved when an old message comes late",
			heard: [alert("a", 10), alert("a", 10, 20), alert("a", 10)],
			ends: { "a@10": "20" },
		},
		{
			name: "fires anew when it started anew, in an incident of its own",
			heard: [alert("a", 10), alert("a", 10, 20), alert("a", 30)],
			ends: { "a@10": "20", "a@30": "firing" },
			incidents: 2,
		},
		{
			name: "that fires anew has ended before, although nobody said so",
			heard: [alert("a", 10), alert("a", 30)],
			ends: { "a@10": "~30", "a@30": "firing" },
		},
		{
			name: "whose end was assumed takes the end that is said",
			heard: [alert("a", 10), alert("a", 30), alert("a", 10, 20)],
			ends: { "a@10": "20", "a@30": "firing" },
		},
		{
			name: "heard of after a newer one does not fire",
			heard: [alert("a", 30), alert("a", 30, 40), alert("a", 10)],
			ends: { "a@10": "~30", "a@30": "40" },
		},
		{ name: "cannot end before it started", heard: [alert("a", 10, 5)], ends: { "a@10": "10" } },
	];
	test.each(CASES)("$name", ({ heard, ends, incidents = 1 }) => {
		const known = heardAll(heard.map((one) => message(one)));
		expect(states(known)).toEqual(ends);
		expect(known).toHaveLength(incidents);
	});
});

describe("an incident", () => {
	test("lasts while one of its alerts fires, and another begins after it", () => {
		const first = heardAll([message(alert("a", 10), alert("b", 11)), message(alert("a", 10, 20), alert("b", 11))]);
		expect(first).toHaveLength(1);
		expect(isFiring(first[0]!)).toBe(true);
		expect(endOf(first[0]!)).toBeNull();
		const [known] = first;
		const over = hear([known!], message(alert("b", 11, 25)))[0]!.incident;
		expect([startOf(over), endOf(over)]).toEqual([10, 25]);
		expect(hear([over], message(alert("c", 30))).map(({ index }) => index)).toEqual([null]);
	});

	test("of the past takes what is heard late of its own alerts, while a new one runs", () => {
		const known = heardAll([
			message(alert("a", 10)),
			message(alert("a", 10, 20)),
			message(alert("b", 30)),
			message(alert("a", 10, 20)),
		]);
		expect(known.map(({ alerts }) => alerts.map(({ fingerprint }) => fingerprint))).toEqual([["b"], ["a"]]);
	});

	test("keeps the first firing alerts of too many and counts the rest", () => {
		const many = Array.from({ length: MOST_ALERTS + 50 }, (_, n) => alert(`f${n}`, n));
		const [incident] = heardAll([message(...many, alert("z", 5, 6)), message(...many)]);
		expect(incident!.alerts).toHaveLength(MOST_ALERTS);
		expect(incident!.alerts.every(({ endsAtMs }) => endsAtMs === null)).toBe(true);
		expect(incident!.unlisted).toBe(50);
		expect(startOf(incident!)).toBe(0);
	});

	test("stays within a megabyte whatever its alerts say", () => {
		const many = Array.from({ length: 150 }, (_, n) =>
			alert(`f${n}`, n, null, { annotations: { text: "x".repeat(20_000) } }),
		);
		const [incident] = heardAll([message(...many)]);
		expect(JSON.stringify(incident).length).toBeLessThan(1_100_000);
		expect(incident!.alerts.length + incident!.unlisted).toBe(150);
	});
});

test("whatever order, and however often messages come, the alerts end in the same state", () => {
	const start = fc.integer({ min: 1, max: 4 }).map((n) => n * 100);
	const heard = fc
		.record({ fingerprint: fc.constantFrom("a", "b"), start, took: fc.option(fc.integer({ min: 1, max: 90 })) })
		.map(({ fingerprint, start, took }) => alert(fingerprint, start, took === null ? null : start + took));
	const messages = fc.array(
		fc.array(heard, { minLength: 1, maxLength: 3 }).map((alerts) => message(...alerts)),
		{
			minLength: 1,
			maxLength: 6,
		},
	);
	fc.assert(
		fc.property(
			messages.chain((all) =>
				fc.tuple(
					fc.constant(all),
					fc.shuffledSubarray([...all, ...all], { minLength: 0 }).map((some) => [...some, ...all]),
				),
			),
			([inOrder, shuffled]) => {
				const all = inOrder.flatMap(({ alerts }) => alerts);
				for (const known of [heardAll(inOrder), heardAll(shuffled)]) {
					const kept = known.flatMap(({ alerts }) => alerts);
					for (const { fingerprint, startsAtMs, endsAtMs, endAssumed } of kept) {
						const told = all.filter((one) => one.fingerprint === fingerprint && one.startsAtMs === startsAtMs);
						const ends = told.flatMap((one) => one.endsAtMs ?? []);
						const later = all.filter((one) => one.fingerprint === fingerprint && one.startsAtMs > startsAtMs);
						expect(endAssumed).toBe(ends.length === 0 && later.length > 0);
						if (endAssumed) expect(later.map((one) => one.startsAtMs)).toContain(endsAtMs);
						else expect(endsAtMs).toBe(ends.length === 0 ? null : Math.max(...ends));
					}
					const keys = ({ fingerprint, startsAtMs }: Heard) => `${fingerprint}@${startsAtMs}`;
					expect(kept.map(keys).sort()).toEqual([...new Set(all.map(keys))].sort());
				}
				expect(heardAll(inOrder).filter(isFiring).length).toBeLessThanOrEqual(1);
			},
		),
		{ numRuns: 500 },
	);
});

test.each([
	[{ service_name: "cart", job: "x" }, "cart"],
	[{ service: "cart", app: "x" }, "cart"],
	[{ job: "shop/cart" }, "cart"],
	[{ job: "cart" }, "cart"],
	[{ app: "cart" }, "cart"],
	[{ service_name: "", app: "cart" }, "cart"],
	[{ instance: "10.0.0.1:80" }, null],
])("the service of %j is %s", (labels, service) => {
	expect(serviceOf(labels as Record<string, string>)).toBe(service);
});

test("the severity is the worst of those that fire, in their own word", () => {
	const alerts = [
		{ ...alert("a", 1, 2, { labels: { severity: "critical" } }), endAssumed: false },
		{ ...alert("b", 1, null, { labels: { severity: "Warning" } }), endAssumed: false },
		{ ...alert("c", 1, null, { labels: { severity: "info" } }), endAssumed: false },
	];
	expect(severityOf({ alerts })).toBe("Warning");
	expect(severityOf({ alerts: alerts.slice(0, 1) })).toBe("critical");
	expect(severityOf({ alerts: [{ ...alerts[0]!, labels: {} }] })).toBeNull();
});

test("an incident is called by its group's alert name, else by those of its alerts", () => {
	const named = ["A", "B", "C", "D", "E"].map((alertname, n) => ({
		...alert(String(n), 1, null, { labels: { alertname } }),
		endAssumed: false,
	}));
	expect(titleOf({ groupLabels: { alertname: "Group" }, alerts: named })).toBe("Group");
	expect(titleOf({ groupLabels: {}, alerts: named.slice(0, 2) })).toBe("A, B");
	expect(titleOf({ groupLabels: {}, alerts: named })).toBe("A, B, C and 2 more");
	expect(titleOf({ groupLabels: {}, alerts: [] })).toBe("Alert");
});

test("what is common is what all have alike", () => {
	expect(
		commonOf([
			{ a: "1", b: "2" },
			{ a: "1", b: "3" },
		]),
	).toEqual({ a: "1" });
	expect(commonOf([])).toEqual({});
});

test("the window begins a quarter of an hour before and is never empty", () => {
	expect(windowOf({ startsAtMs: 1_000_000, endsAtMs: null }, 2_000_000)).toEqual({ fromMs: 100_000, toMs: 2_000_000 });
	expect(windowOf({ startsAtMs: 1_000_000, endsAtMs: 1_000_000 }, 9)).toEqual({ fromMs: 100_000, toMs: 1_000_001 });
});
