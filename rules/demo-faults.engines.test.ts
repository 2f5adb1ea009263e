/**
 * An hour of the demo shop's own seeded shoppers, then each of its faults, through Prometheus' rule engine: a healthy hour is quiet, and each
 * fault sets off the alerts that are its own within 90 seconds, and no other.
 */
import { describe, expect, test } from "vitest";
import { FAULT_IDS, type FaultId } from "../demo/faults.ts";
import { howToBuild, missingEngines } from "../engines/engines.ts";
import { expectOfRules, firedUntil, firingAt } from "./testing-promtool.ts";
import { shopSeries } from "./testing-shop.ts";

const missing = missingEngines(["prometheus"]);
const skipped = missing.length > 0 && process.env.CI !== "true";
if (skipped) console.warn(`Skipped: ${howToBuild(missing)}`);

const HOUR_S = 3_600;

/** What fires 90 seconds after each fault, its callers' alerts included; nothing else has by then. */
const ALERTS: Readonly<Record<FaultId, readonly string[]>> = {
	"slow-query": ["ServiceSlow catalog", "PoolWaiting catalog", "ServiceSlow storefront"],
	// It answers 503, or not at all.
	"payment-failing": ["ServiceErrors payment", "ServiceErrors orders", "ServiceSlow payment", "ServiceSlow orders"],
	"error-burst": ["ServiceErrors cart", "ServiceErrors storefront"],
	"slow-edge": ["ServiceSlow orders"],
	"dependency-cycle": ["NewDependency fraud"],
	"stuck-consumer": ["ConsumerStuck fulfilment"],
	"crash-loop": ["RestartLoop inventory", "ServiceErrors orders"],
	"lost-link": ["TracesBroken cart"],
};

describe.skipIf(skipped)("the shop in the rules", () => {
	test.each([2026, 7, 41])("a healthy hour fires nothing (seed %i)", async (seed) => {
		await expectOfRules(shopSeries({ seed, seconds: HOUR_S }), [firedUntil(HOUR_S, [])]);
	});

	test("a healthy hour of a shop with hardly any customers fires nothing", async () => {
		await expectOfRules(shopSeries({ seed: 3, seconds: HOUR_S, rate: 0.3 }), [firedUntil(HOUR_S, [])]);
	});

	test.each(FAULT_IDS)("%s: its alerts within 90 seconds, and no other", async (id) => {
		const series = shopSeries({ seed: 2026, seconds: HOUR_S + 120, fault: { id, fromS: HOUR_S } });
		await expectOfRules(series, [
			firedUntil(HOUR_S, []),
			firingAt(HOUR_S + 90, ALERTS[id]),
			firedUntil(HOUR_S + 90, ALERTS[id]),
		]);
	});

	test("each fault of the demo has its alerts", () => {
		expect(Object.keys(ALERTS).sort()).toEqual([...FAULT_IDS].sort());
	});
});
