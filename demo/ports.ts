/** Ports for the shop: the ones it always has when they are free, others when not. */
import { createServer, type Server } from "node:net";
import { listen } from "./listen.ts";
import { FIRST_PORT, HOSTS } from "./shop.ts";

/** One port per host, all different. They are free now; a host that finds its port taken later is restarted and tries again. */
export async function choosePorts(firstPort: number = FIRST_PORT): Promise<Record<string, number>> {
	const held: Server[] = [];
	const hold = async (port: number): Promise<number> => {
		const server = createServer();
		await listen(server, port);
		held.push(server);
		const address = server.address();
		return typeof address === "object" && address ? address.port : port;
	};
	try {
		const ports: Record<string, number> = {};
		for (const [index, host] of HOSTS.entries()) {
			ports[host] = await hold(firstPort === 0 ? 0 : firstPort + index).catch(() => hold(0));
		}
		return ports;
	} finally {
		await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
	}
}
