import { expect, test } from "vitest";
import type { Attributes, SpanKind } from "./model.ts";
import { nodeOf, peerOf } from "./peer.ts";

test.each<[string, SpanKind, Attributes, string | null]>([
	[
		"a database",
		"client",
		{ "db.system.name": "postgresql", "db.namespace": "shop", "server.address": "db", "server.port": 5432 },
		"database:postgresql/shop@db:5432",
	],
	[
		"a database by its old names",
		"client",
		{ "db.system": "mysql", "db.name": "shop", "net.peer.name": "db", "net.peer.port": 3306 },
		"database:mysql/shop@db:3306",
	],
	["a database of which only the system is known", "client", { "db.system": "mongodb" }, "database:mongodb"],
	[
		"a database by the name its user gave it",
		"client",
		{ "db.system": "postgresql", "peer.service": "orders-db", "server.address": "10.0.0.3" },
		"database:postgresql/orders-db",
	],
	[
		"a cache",
		"client",
		{ "db.system": "redis", "server.address": "cache", "server.port": 6379 },
		"cache:redis@cache:6379",
	],
	["a named service", "client", { "peer.service": "payment", "server.address": "10.0.0.4" }, "service:payment"],
	[
		"a queue, seen by its producer",
		"producer",
		{ "messaging.system": "kafka", "messaging.destination.name": "orders" },
		"queue:kafka/orders",
	],
	[
		"a queue, seen by its consumer",
		"consumer",
		{ "messaging.system": "kafka", "messaging.destination": "orders" },
		"queue:kafka/orders",
	],
	[
		"a queue by its template",
		"producer",
		{
			"messaging.system": "mqtt",
			"messaging.destination.template": "carts/+",
			"messaging.destination.name": "carts/17",
		},
		"queue:mqtt/carts/+",
	],
	["a queue of an unknown system", "producer", { "messaging.destination.name": "orders" }, "queue:orders"],
	["a queue known by its broker", "producer", { "server.address": "Broker", "server.port": 1883 }, "queue:broker:1883"],
	[
		"an rpc service",
		"client",
		{ "rpc.system": "grpc", "rpc.service": "shop.Cart", "server.address": "10.1.2.3" },
		"rpc:grpc/shop.Cart",
	],
	[
		"an rpc service named by its method",
		"client",
		{ "rpc.system.name": "grpc", "rpc.method": "shop.Cart/Add" },
		"rpc:grpc/shop.Cart",
	],
	["a host", "client", { "server.address": "API.pay.example", "server.port": 443 }, "external:api.pay.example"],
	[
		"a host on a port of its own",
		"client",
		{ "server.address": "api.pay.example", "server.port": 8443 },
		"external:api.pay.example:8443",
	],
	[
		"a host within a URL",
		"client",
		{ "url.full": "https://user:pw@api.pay.example:9000/x?y" },
		"external:api.pay.example:9000",
	],
	["an IPv6 host", "client", { "http.url": "http://[::1]:8080/" }, "external:[::1]:8080"],
	["a host header", "client", { "http.host": "api.pay.example:8080" }, "external:api.pay.example:8080"],
	["nothing where nothing is named", "client", { "http.request.method": "GET" }, null],
	["nothing for a server", "server", { "server.address": "me" }, null],
	["nothing for an internal span", "internal", { "db.system": "postgresql" }, null],
])("the peer is %s", (_, kind, attributes, peer) => expect(peerOf(kind, attributes)).toBe(peer));

test.each([
	["database:postgresql/shop@db:5432", { kind: "database", name: "postgresql/shop@db:5432" }],
	["service:cart", { kind: "service", name: "cart" }],
	["odd:thing", { kind: "external", name: "odd:thing" }],
	["plain", { kind: "external", name: "plain" }],
])("the node %s", (id, node) => expect(nodeOf(id)).toEqual(node));

test("a name from outside is cut at 200 characters", () => {
	expect(peerOf("client", { "peer.service": "x".repeat(10_000) })).toBe(`service:${"x".repeat(200)}`);
});
