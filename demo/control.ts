/** The demo's control server, on 127.0.0.1 unless told otherwise: what runs, and the fault switches. The console reaches it through the server's /api/demo. */
import { createServer } from "node:http";
import { hostname } from "node:os";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";
import type { Demo } from "../server/api/schema.ts";
import type { FaultBoard } from "./fault-board.ts";
import { FAULT_IDS, isFaultId } from "./faults.ts";
import { listen } from "./listen.ts";

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);
const BODY_LIMIT = 1_024;
const switchSchema = z.strictObject({ enabled: z.boolean() });

export interface Control {
	/** http://127.0.0.1:port */
	url: string;
	close(): void;
}

/**
 * `GET /state` and `GET /faults`; `PUT /faults/{id}` with `{"enabled": true|false}`. Requests with a foreign Host or Origin are refused.
 * @throws when the port is taken
 */
export async function startControl(
	port: number,
	board: FaultBoard,
	state: () => Demo,
	host = "127.0.0.1",
): Promise<Control> {
	const app = new Hono();
	// A container is called by its host name.
	const names = LOOPBACK.has(host) ? LOOPBACK : new Set([...LOOPBACK, hostname().toLowerCase()]);
	const isOurs = (url: string): boolean => URL.canParse(url) && names.has(new URL(url).hostname);
	app.use(async (c, next) => {
		const origin = c.req.header("origin");
		if (!isOurs(`http://${c.req.header("host") ?? ""}`) || (origin !== undefined && !isOurs(origin))) {
			return c.json({ error: `The demo's control server answers to ${[...names].join(", ")} only.` }, 403);
		}
		await next();
	});
	app.get("/state", (c) => c.json(state()));
	app.get("/faults", (c) => c.json(state().faults));
	app.put("/faults/:id", bodyLimit({ maxSize: BODY_LIMIT }), async (c) => {
		const id = c.req.param("id");
		if (!isFaultId(id)) {
			return c.json({ error: `No fault "${id.slice(0, 60)}". There are: ${FAULT_IDS.join(", ")}.` }, 404);
		}
		if (!/^application\/json\b/i.test(c.req.header("content-type") ?? "")) {
			return c.json({ error: 'Send {"enabled": true} or {"enabled": false} as application/json.' }, 415);
		}
		const body = switchSchema.safeParse(await c.req.json().catch(() => null));
		if (!body.success) return c.json({ error: 'The body must be {"enabled": true} or {"enabled": false}.' }, 400);
		board.set(id, body.data.enabled);
		return c.json(state().faults.find((fault) => fault.id === id));
	});
	app.notFound((c) => c.json({ error: "There is GET /state, GET /faults and PUT /faults/{id}." }, 404));

	const server = createServer(getRequestListener(app.fetch));
	await listen(server, port, host);
	const address = server.address();
	const bound = typeof address === "object" && address ? address.port : port;
	return {
		url: `http://127.0.0.1:${bound}`,
		close() {
			server.close();
			server.closeAllConnections();
		},
	};
}
