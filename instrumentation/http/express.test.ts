import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Capture } from "../testing/capture.ts";
import { copyOf } from "../testing/older-package.ts";
import { killApps, runApp } from "../testing/run-app.ts";

afterAll(killApps);

const CASES: [path: string, status: number, route: string | undefined][] = [
	["/", 200, "/"],
	["/v1/orders/7/items", 200, "/v1/orders/:order/items"],
	["/v1/orders/7/items/9", 200, "/v1/orders/:order/items/:item"],
	["/v1/orders/7/items/9/broken", 500, "/v1/orders/:order/items/:item/broken"],
	["/v1/orders/7/items/9/skipped", 404, undefined],
	["/v1/orders/7/nothing", 404, undefined],
	["/admin/users/3", 200, "/admin/users/:user"],
	["/hook/anything", 200, "/hook"],
	["/b/1", 200, "/a/:x,/b/:x"],
	["/pattern/12", 200, "/^\\/pattern\\/\\d+$/"],
	["/nothing", 404, undefined],
];

describe.each([
	["4", (): string => copyOf("express-4", "express", ["express-paths.cjs"]), "/files/*"],
	["5", (): string => "express-paths.cjs", "/files/*path"],
] as const)("express %s", (_version, app, files) => {
	let capture: Capture;
	let url: string;
	beforeAll(async () => {
		capture = await Capture.start();
		url = await runApp(app(), { otlp: capture.url }).url();
	});
	afterAll(() => capture.close());

	it.each([...CASES, ["/files/a/b", 200, files] as const])(
		"%s answers %i by the route %s",
		async (path, status, route) => {
			capture.clear();
			expect((await fetch(url + path)).status).toBe(status);
			const span = await capture.until(() => capture.spans[0], "the span");
			expect(span.name).toBe(route === undefined ? "GET" : `GET ${route}`);
			expect(span.attributes["http.route"]).toBe(route);
			expect(span.events.map(({ attributes }) => attributes["exception.message"])).toEqual(
				status === 500 ? ["broken"] : [],
			);
		},
	);
});
