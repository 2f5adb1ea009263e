import client from "prom-client";
import older from "prom-client-14";
import { describe, expect, it } from "vitest";
import { toFamily } from "./snapshot.ts";
import { snapshotNow } from "./snapshot-now.ts";

const labelNames = ["kind"] as const;
const of = { help: "-", labelNames };

describe.each([
	["15", client],
	["14", older as unknown as typeof client],
])("prom-client %s", (_version, { Counter, Gauge, Histogram, Registry, Summary }) => {
	const registers = [new Registry()];

	it("a counter, a gauge and a histogram read at once are what they say themselves", async () => {
		const counter = new Counter({ ...of, name: "a_total", registers });
		counter.inc({ kind: "x" }, 3);
		counter.inc({ kind: "y" });
		const gauge = new Gauge({ ...of, name: "b", aggregator: "max", registers });
		gauge.set({ kind: "x" }, -2.5);
		const histogram = new Histogram({ ...of, name: "c_seconds", buckets: [0.1, 1], registers });
		for (const value of [0.05, 0.5, 0.5, 7]) {
			histogram.observe({ kind: "x" }, value);
		}
		const empty = new Counter({ name: "d_total", help: "-", registers });
		for (const metric of [counter, gauge, histogram, empty]) {
			const now = snapshotNow(metric as never);
			expect(toFamily(now!, { zone: "eu" })).toEqual(toFamily((await metric.get()) as never, { zone: "eu" }));
		}
		expect(toFamily(snapshotNow(histogram as never)!, {}).points).toHaveLength(1);
	});

	it("an exemplar comes along", async () => {
		const histogram = new Histogram({ ...of, name: "e_seconds", buckets: [1], registers });
		histogram.observe({ kind: "x" }, 0.5);
		const [entry] = Object.values((histogram as unknown as { hashMap: Record<string, object> }).hashMap);
		const exemplar = { labelSet: { trace_id: "a".repeat(32) }, value: 0.5, timestamp: 1 };
		Object.assign(entry!, { bucketExemplars: { 1: exemplar } });
		const now = snapshotNow(histogram as never);
		expect(now!.values[0]).toMatchObject({ labels: { kind: "x", le: 1 }, value: 1, exemplar });
	});

	it("a summary is left out, and nothing of the app's is run", () => {
		expect(snapshotNow(new Summary({ name: "f", help: "-", registers }) as never)).toBeUndefined();
		const read = new Gauge({
			name: "g",
			help: "-",
			registers,
			collect: () => {
				throw new Error("must not be asked");
			},
		});
		expect(snapshotNow(read as never)?.values).toHaveLength(1);
	});
});
