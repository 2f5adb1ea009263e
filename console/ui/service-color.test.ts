import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SERVICE_PALETTE, servicePaint, serviceSlot } from "./service-color.ts";

const PAGE = { light: "#ffffff", dark: "#11141a" } as const;

describe("a service's colour", () => {
	it("is one of the palette's, always the same", () => {
		fc.assert(
			fc.property(fc.string(), (name) => {
				expect(SERVICE_PALETTE[serviceSlot(name)]).toBeDefined();
				expect(serviceSlot(name)).toBe(serviceSlot(name));
			}),
		);
	});

	it("stands out from the page by at least 3:1 in both schemes", () => {
		for (const [light, dark] of SERVICE_PALETTE) {
			expect(contrast(light, PAGE.light)).toBeGreaterThanOrEqual(3);
			expect(contrast(dark, PAGE.dark)).toBeGreaterThanOrEqual(3);
		}
	});

	it("is never shared by two services of the demo", () => {
		const shop = "storefront catalog cart orders payment inventory fulfilment notifications fraud".split(" ");
		expect(new Set(shop.map((name) => servicePaint(name, "dark"))).size).toBe(shop.length);
	});
});

/** WCAG 2.2's contrast ratio of two `#rrggbb` colours. */
function contrast(a: string, b: string): number {
	const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
	return (high + 0.05) / (low + 0.05);
}

function luminance(color: string): number {
	const [r, g, b] = [1, 3, 5].map((at) => {
		const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
		return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
	}) as [number, number, number];
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
