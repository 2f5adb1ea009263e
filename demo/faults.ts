/** The faults that can be switched on, and what to look for when they are. */
export interface Fault {
	id: string;
	title: string;
	description: string;
}

export const FAULTS = [
	{
		id: "slow-query",
		title: "Slow query",
		description:
			"The index behind the catalog's best-seller sort is dropped. GET /search goes from a few milliseconds to " +
			"tenths of a second: in its trace the SELECT on catalog-db fills the critical path, and other pages wait for the pool.",
	},
	{
		id: "payment-failing",
		title: "Payment provider failing",
		description:
			"The external provider answers 503 or not at all. Checkouts fail with 502 after retries: look for error spans on " +
			"payment's calls to api.payments.example, the retries side by side, and shop.orders by status.",
	},
	{
		id: "error-burst",
		title: "Error burst in cart",
		description:
			"A bad release of cart throws a TypeError on about a third of its requests. Its error rate jumps while its callees " +
			"stay healthy; the log lines carry the stack.",
	},
	{
		id: "slow-edge",
		title: "Latency between orders and inventory",
		description:
			"The network between these two adds about 300 ms each way. The client span in orders is long, the server span in " +
			"inventory is short, and fulfilment, which calls inventory too, is as fast as ever.",
	},
	{
		id: "dependency-cycle",
		title: "Dependency cycle",
		description:
			"The fraud check asks orders for the customer's history, orders asks payment, payment asks fraud again (two rounds " +
			"at most). The topology flags orders, payment, fraud as a cycle that one single trace goes all the way round.",
	},
	{
		id: "stuck-consumer",
		title: "Stuck consumer",
		description:
			"Fulfilment stops working through order-placed messages. Checkouts stay fast, nothing is shipped, " +
			"fulfilment_queue_depth grows; once it is off, traces show the gap between producer and consumer.",
	},
	{
		id: "crash-loop",
		title: "Crash loop in inventory",
		description:
			"Inventory exits every few seconds and is restarted with growing pauses. Meanwhile orders and catalog get UNAVAILABLE " +
			"from gRPC: errors come in waves, and its last log line before each exit is fatal.",
	},
	{
		id: "lost-link",
		title: "Lost link between storefront and cart",
		description:
			"A gateway between the two drops the traceparent header. Traces break in two: cart's requests become roots of " +
			"their own, and the storefront's calls end at cart-gateway. The request ID still finds both halves.",
	},
] as const satisfies readonly Fault[];

export type FaultId = (typeof FAULTS)[number]["id"];

export const FAULT_IDS: readonly FaultId[] = FAULTS.map((fault) => fault.id);

export function isFaultId(id: string): id is FaultId {
	return FAULT_IDS.some((known) => known === id);
}
