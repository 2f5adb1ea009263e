import { afterAll, expect, it } from "vitest";
import { Capture } from "../testing/capture.ts";
import { copyOf } from "../testing/older-package.ts";
import { killApps, runApp } from "../testing/run-app.ts";

afterAll(killApps);

it.each(["express.mjs", "express.cjs"])("express 4, %s: the route is the template", async (file) => {
	const capture = await Capture.start();
	try {
		const url = await runApp(copyOf("express-4", "express", [file, "express-routes.cjs"]), { otlp: capture.url }).url();
		expect(await (await fetch(`${url}/users/7`)).json()).toEqual({ id: "7" });
		const span = await capture.until(() => capture.spans[0], "the span");
		expect(span).toMatchObject({ name: "GET /users/:id", attributes: { "http.route": "/users/:id" } });
	} finally {
		await capture.close();
	}
});
