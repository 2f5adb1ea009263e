/**
 * The shop's hosts by name. Every name leads to 127.0.0.1, as a hosts file would have it, so that spans say `cart` or `catalog-db` as
 * they would in a real network. Ports come from the supervisor in TRIVET_DEMO_PORTS.
 */
import dns, { type LookupAddress, type LookupAllOptions, type LookupOptions } from "node:dns";
import { z } from "zod";

const LOOPBACK: LookupAddress = { address: "127.0.0.1", family: 4 };

const ports = new Map(
	Object.entries(z.record(z.string(), z.number().int()).parse(JSON.parse(process.env.TRIVET_DEMO_PORTS ?? "{}"))),
);

/** @throws when the supervisor named no such host */
export function portOf(host: string): number {
	const port = ports.get(host);
	if (port === undefined) {
		throw new Error(`No port for "${host}". Start the shop through demo/main, which sets TRIVET_DEMO_PORTS.`);
	}
	return port;
}

export function urlOf(host: string, path = ""): string {
	return `http://${host}:${portOf(host)}${path}`;
}

/** Makes this process resolve the shop's names; every client library asks one of these two functions. */
export function resolveShopNames(): void {
	type Done = (error: Error | null, address: string | LookupAddress[], family?: number) => void;
	const lookup = dns.lookup as (host: string, options: unknown, done?: unknown) => void;
	const promised = dns.promises.lookup as (host: string, options?: LookupOptions) => Promise<unknown>;
	const wantsAll = (options: unknown): options is LookupAllOptions =>
		typeof options === "object" && options !== null && "all" in options && options.all === true;
	Object.assign(dns, {
		lookup(host: string, options: unknown, done?: unknown) {
			if (!ports.has(host)) return lookup(host, options, done);
			const answer = (typeof options === "function" ? options : done) as Done;
			if (wantsAll(options)) setImmediate(answer, null, [LOOPBACK]);
			else setImmediate(answer, null, LOOPBACK.address, LOOPBACK.family);
		},
	});
	Object.assign(dns.promises, {
		async lookup(host: string, options?: LookupOptions) {
			if (!ports.has(host)) return promised(host, options);
			return wantsAll(options) ? [LOOPBACK] : LOOPBACK;
		},
	});
}
