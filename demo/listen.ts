import type { Server } from "node:net";

/** Resolves once the server listens, on 127.0.0.1 unless told otherwise; rejects, e.g. with EADDRINUSE. */
export function listen(server: Server, port: number, host = "127.0.0.1"): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, host, () => {
			server.off("error", reject);
			resolve();
		});
	});
}
