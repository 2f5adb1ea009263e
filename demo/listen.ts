import type { Server } from "node:net";

/** Resolves once the server listens on 127.0.0.1; rejects, e.g. with EADDRINUSE. */
export function listen(server: Server, port: number): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, "127.0.0.1", () => {
			server.off("error", reject);
			resolve();
		});
	});
}
