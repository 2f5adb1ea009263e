import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { DemoControl } from "./demo-control.ts";

/** A port nobody listens on. */
async function silentUrl(): Promise<string> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return `http://127.0.0.1:${port}`;
}

test("a demo that somebody else may have started does not run when it cannot be reached", async () => {
	expect(await new DemoControl(await silentUrl()).state()).toMatchObject({ running: false, services: [] });
});

test("a demo of our own that cannot be reached is a failure, and says so", async () => {
	const demo = new DemoControl();
	expect(await demo.state()).toMatchObject({ running: false });
	demo.url = await silentUrl();
	await expect(demo.state()).rejects.toThrow(/does not answer/);
});
