/** The console's pages: Next's request handler, in this process. */
import type { IncomingMessage, ServerResponse } from "node:http";

export type PageHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** `directory` is the built console. Throws when it has not been built. */
export async function loadPages(directory: string): Promise<PageHandler> {
	const { default: next } = await import("next");
	// Next's types describe a CommonJS default; under nodenext the callable is the default's default.
	const create = next as unknown as (options: { dev: boolean; dir: string; quiet: boolean }) => {
		prepare(): Promise<void>;
		getRequestHandler(): PageHandler;
	};
	const app = create({ dev: false, dir: directory, quiet: true });
	await app.prepare();
	return app.getRequestHandler();
}
