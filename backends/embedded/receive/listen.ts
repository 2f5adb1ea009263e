/** Listening on a port, with failures in one sentence. */
import type { AddressInfo, Server } from "node:net";

export interface ListenOptions {
	host: string;
	/** 0: any free port. */
	port: number;
	/** The option that chooses another port. */
	flag: string;
}

/** The port it listens on. Rejects with a sentence when it cannot. */
export function listen(server: Server, { host, port, flag }: ListenOptions): Promise<number> {
	return new Promise((resolve, reject) => {
		const onError = (error: NodeJS.ErrnoException) => {
			reject(
				new Error(
					error.code === "EADDRINUSE"
						? `port ${port} is in use: stop what listens there (another Trivet or a collector?) or choose another with ${flag}`
						: `cannot listen on ${host}:${port}: ${error.message}`,
				),
			);
		};
		server.once("error", onError);
		server.listen(port, host, () => {
			server.removeListener("error", onError);
			resolve((server.address() as AddressInfo).port);
		});
	});
}
