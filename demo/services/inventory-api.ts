/** The inventory's gRPC contract and a client for it. */
import { credentials, loadPackageDefinition, type ServiceDefinition, type ServiceError, status } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import { portOf } from "../addresses.ts";
import { UpstreamError } from "./call.ts";

const DEADLINE_MS = 4_000;
const HTTP_STATUS = new Map<status, number>([
	[status.NOT_FOUND, 404],
	[status.FAILED_PRECONDITION, 409],
	[status.UNAVAILABLE, 503],
	[status.DEADLINE_EXCEEDED, 504],
]);

export interface StockLevel {
	productId: number;
	available: number;
	reserved: number;
}
export interface Line {
	productId: number;
	quantity: number;
}
export interface OrderLines {
	orderId: string;
	lines: Line[];
}

const unaryMethod = (requestType: string, responseType: string) => ({ requestType, responseType, comment: "" });

/** package shop; service Inventory { GetStock, Reserve, Release, Ship } */
const contract = fromJSON(
	{
		nested: {
			shop: {
				nested: {
					ProductId: { fields: { productId: { type: "int32", id: 1 } } },
					StockLevel: {
						fields: {
							productId: { type: "int32", id: 1 },
							available: { type: "int32", id: 2 },
							reserved: { type: "int32", id: 3 },
						},
					},
					Line: { fields: { productId: { type: "int32", id: 1 }, quantity: { type: "int32", id: 2 } } },
					OrderLines: {
						fields: { orderId: { type: "string", id: 1 }, lines: { rule: "repeated", type: "Line", id: 2 } },
					},
					Done: { fields: {} },
					Inventory: {
						methods: {
							GetStock: unaryMethod("ProductId", "StockLevel"),
							Reserve: unaryMethod("OrderLines", "Done"),
							Release: unaryMethod("OrderLines", "Done"),
							Ship: unaryMethod("OrderLines", "Done"),
						},
					},
				},
			},
		},
	},
	{ defaults: true },
);
export const inventoryService = contract["shop.Inventory"] as ServiceDefinition;

interface Methods {
	GetStock: { request: { productId: number }; answer: StockLevel };
	Reserve: { request: OrderLines; answer: object };
	Release: { request: OrderLines; answer: object };
	Ship: { request: OrderLines; answer: object };
}

export type Inventory = <M extends keyof Methods>(
	method: M,
	request: Methods[M]["request"],
) => Promise<Methods[M]["answer"]>;

/** @param host `inventory`, or another name for a way there */
export function openInventory(host: string): Inventory {
	const shop = loadPackageDefinition(contract).shop as unknown as {
		Inventory: new (target: string, credentials: object, options: object) => UnaryClient;
	};
	const client = new shop.Inventory(`${host}:${portOf(host)}`, credentials.createInsecure(), {
		// After a crash of the other side, try again soon.
		"grpc.initial_reconnect_backoff_ms": 200,
		"grpc.max_reconnect_backoff_ms": 2_000,
	});
	return (method, request) =>
		new Promise((resolve, reject) => {
			client[method](request, { deadline: Date.now() + DEADLINE_MS }, (error, answer) => {
				if (error) reject(asUpstreamError(error));
				else resolve(answer as never);
			});
		});
}

type UnaryClient = Record<
	keyof Methods,
	(request: object, options: { deadline: number }, done: (error: ServiceError | null, answer: object) => void) => void
>;

function asUpstreamError(error: ServiceError): UpstreamError {
	return new UpstreamError("inventory", HTTP_STATUS.get(error.code) ?? 502, error.details || "inventory_failed", error);
}
