/**
 * Which thing a span speaks to, from its attributes alone: the node the topology shows when no span of the other side exists.
 * Reads today's semantic conventions and the names they replaced.
 */
import { firstText } from "./attribute-value.ts";
import type { Attributes, SpanKind } from "./model.ts";
import type { NodeKind } from "./topology.ts";

const CACHES = new Set(["redis", "memcached", "valkey", "keydb", "dragonfly"]);
const NODE_KINDS = new Set<string>(["service", "database", "cache", "queue", "rpc", "external"]);
const MAX_PART = 200;

/**
 * Node id of the peer of a client, producer or consumer span; null for the other kinds and when no attribute names it.
 * - databases and caches: `database:postgresql/shop@db:5432` (system, namespace, address), `peer.service` in place of namespace and address
 * - messages, from both ends: `queue:kafka/orders` (system, destination)
 * - else `peer.service`: `service:payment`
 * - rpc: `rpc:grpc/shop.Payment`
 * - any other host: `external:api.pay.example`, with its port unless it is 80 or 443
 */
export function peerOf(kind: SpanKind, attributes: Attributes): string | null {
	if (kind !== "client" && kind !== "producer" && kind !== "consumer") return null;
	const peerService = firstText(attributes, "peer.service", "service.peer.name");
	const queue = queueOf(kind, attributes, peerService);
	if (queue !== null) return queue;

	const db = firstText(attributes, "db.system.name", "db.system");
	if (db !== null) {
		const type = CACHES.has(db.toLowerCase()) ? "cache" : "database";
		return `${type}:${clean(db).toLowerCase()}${databaseTail(attributes, peerService)}`;
	}
	if (peerService !== null) return serviceNode(peerService);

	const rpc = firstText(attributes, "rpc.system.name", "rpc.system");
	if (rpc !== null) {
		const method = firstText(attributes, "rpc.method");
		const service = firstText(attributes, "rpc.service") ?? (method?.includes("/") ? beforeSlash(method) : null);
		if (service !== null) return `rpc:${clean(rpc).toLowerCase()}/${clean(service)}`;
	}
	const address = addressOf(attributes);
	return address === null ? null : `external:${address.host}${webPort(address.port)}`;
}

/** The node of a service that sends spans or is named by `peer.service`. */
export function serviceNode(service: string): string {
	return `service:${clean(service)}`;
}

/** Kind and readable name of a node id; an id of unknown kind is read as external. */
export function nodeOf(id: string): { kind: NodeKind; name: string } {
	const colon = id.indexOf(":");
	const kind = id.slice(0, Math.max(0, colon));
	return NODE_KINDS.has(kind) ? { kind: kind as NodeKind, name: id.slice(colon + 1) } : { kind: "external", name: id };
}

function queueOf(kind: SpanKind, attributes: Attributes, peerService: string | null): string | null {
	const system = firstText(attributes, "messaging.system");
	if (system === null && kind === "client") return null;
	const destination = firstText(
		attributes,
		"messaging.destination.template",
		"messaging.destination.name",
		"messaging.destination",
		"messaging.source.name",
		"messaging.kafka.topic",
	);
	if (system !== null)
		return `queue:${clean(system).toLowerCase()}${destination === null ? "" : `/${clean(destination)}`}`;
	if (destination !== null) return `queue:${clean(destination)}`;
	if (peerService !== null) return `queue:${clean(peerService)}`;
	const address = addressOf(attributes);
	return address === null ? null : `queue:${withPort(address)}`;
}

function databaseTail(attributes: Attributes, peerService: string | null): string {
	if (peerService !== null) return `/${clean(peerService)}`;
	const namespace = firstText(attributes, "db.namespace", "db.name", "db.redis.database_index", "db.sql.database");
	const address = addressOf(attributes);
	return (namespace === null ? "" : `/${clean(namespace)}`) + (address === null ? "" : `@${withPort(address)}`);
}

interface Address {
	host: string;
	port: string | null;
}

function addressOf(attributes: Attributes): Address | null {
	const host = firstText(attributes, "server.address", "net.peer.name");
	const port = firstText(attributes, "server.port", "net.peer.port", "network.peer.port", "net.sock.peer.port");
	if (host !== null) return split(host, port);
	const url = firstText(attributes, "url.full", "http.url");
	const authority = url === null ? null : (/^[a-z][a-z0-9+.-]*:\/\/(?:[^@/?#]*@)?([^/?#]+)/i.exec(url)?.[1] ?? null);
	if (authority !== null) return split(authority, null);
	const raw = firstText(
		attributes,
		"http.host",
		"net.sock.peer.name",
		"network.peer.address",
		"net.sock.peer.addr",
		"net.peer.ip",
		"peer.hostname",
		"peer.address",
		"peer.ipv4",
	);
	return raw === null ? null : split(raw, port);
}

/** `host:port` in one, as some conventions write it; IPv6 keeps its brackets. */
function split(host: string, port: string | null): Address | null {
	const match = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(host);
	const name = clean(match?.[1] ?? host).toLowerCase();
	return name === "" ? null : { host: name, port: port ?? match?.[2] ?? null };
}

function withPort(address: Address): string {
	return address.port === null ? address.host : `${address.host}:${address.port}`;
}

function webPort(port: string | null): string {
	return port === null || port === "443" || port === "80" ? "" : `:${port}`;
}

function beforeSlash(method: string): string {
	return method.slice(0, method.lastIndexOf("/"));
}

function clean(part: string): string {
	return part.trim().slice(0, MAX_PART);
}
