/** What must not compile: `npm run types` fails when one of these does. */
import { expect, expectTypeOf, it } from "vitest";
import { type Counter, counter } from "./counter.ts";
import type { Unit } from "./definition.ts";
import { gauge } from "./gauge.ts";
import { type Histogram, histogram } from "./histogram.ts";
import type { LabelsOf } from "./labels.ts";

const rules = { status: ["paid", "failed"], shop: { atMost: 20 } } as const;

it("labels have the types of their rules", () => {
	expectTypeOf<LabelsOf<typeof rules>>().toEqualTypeOf<{ readonly status: "paid" | "failed"; readonly shop: string }>();
	expectTypeOf<"s" | "By" | "1" | "{order}">().toExtend<Unit>();
	expectTypeOf<"ms">().not.toExtend<Unit>();
	expectTypeOf<"order">().not.toExtend<Unit>();
});

it("what is wrong does not compile", () => {
	const wrong = (
		orders: Counter<typeof rules>,
		plain: Counter<Record<never, never>>,
		latency: Histogram<{ outcome: readonly ["ok", "failed"] }, "s">,
		size: Histogram<Record<never, never>, "By">,
	): void => {
		orders.add({ status: "paid", shop: "web" });
		orders.add({ status: "paid", shop: "web" }, 2);
		// @ts-expect-error not a value of its set
		orders.add({ status: "declined", shop: "web" });
		// @ts-expect-error a label is missing
		orders.add({ status: "paid" });
		// @ts-expect-error a label too many
		orders.add({ status: "paid", shop: "web", user: "7" });
		// @ts-expect-error labels are missing altogether
		orders.add();
		// @ts-expect-error an amount is no set of labels
		orders.add(2);
		plain.add();
		plain.add(2);
		// @ts-expect-error it has no labels
		plain.add({ status: "paid" });
		latency.record({ outcome: "ok" }, 0.2);
		// @ts-expect-error the value is missing
		latency.record({ outcome: "ok" });
		const stop = latency.start();
		stop({ outcome: "failed" });
		// @ts-expect-error not a value of its set
		stop({ outcome: "maybe" });
		size.record(512);
		// @ts-expect-error only seconds can be measured by a clock
		size.start();
	};
	expect(wrong).toBeTypeOf("function");
});

it("definitions infer their labels without `as const`", () => {
	const orders = counter({ name: "types.orders", unit: "{order}", help: "", labels: { status: ["paid", "failed"] } });
	expectTypeOf(orders.add).parameters.toEqualTypeOf<
		[labels: { readonly status: "paid" | "failed" }, amount?: number]
	>();
	const plain = counter({ name: "types.plain", unit: "1", help: "" });
	expectTypeOf(plain.add).parameters.toEqualTypeOf<[amount?: number]>();
	const latency = histogram({ name: "types.latency", unit: "s", help: "", labels: { outcome: ["ok"] } });
	expectTypeOf(latency.start()).parameters.toEqualTypeOf<[labels: { readonly outcome: "ok" }]>();
	const wrong = (): void => {
		// @ts-expect-error milliseconds are no base unit
		counter({ name: "types.bad", unit: "ms", help: "" });
		// @ts-expect-error things counted stand in braces
		counter({ name: "types.bad", unit: "orders", help: "" });
		// @ts-expect-error help is what a dashboard shows
		counter({ name: "types.bad", unit: "1" });
		gauge({ name: "types.gauge", unit: "{x}", help: "", read: () => 1 });
		gauge({ name: "types.gauge", unit: "{x}", help: "", read: async () => 1 });
		gauge({
			name: "types.gauge",
			unit: "{x}",
			help: "",
			labels: { tier: ["gold", "plain"] },
			read: () => [{ labels: { tier: "gold" }, value: 1 }],
		});
		gauge({
			name: "types.gauge",
			unit: "{x}",
			help: "",
			labels: { tier: ["gold", "plain"] },
			// @ts-expect-error with labels, a bare number says not whose it is
			read: () => 1,
		});
		gauge({
			name: "types.gauge",
			unit: "{x}",
			help: "",
			labels: { tier: ["gold", "plain"] },
			// @ts-expect-error not a value of its set
			read: () => [{ labels: { tier: "silver" }, value: 1 }],
		});
	};
	expect(wrong).toBeTypeOf("function");
});
