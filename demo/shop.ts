/** The shop's plan: which processes there are, what they are called, and where they listen. */
export interface Component {
	/** Also the host name the others call it by. */
	name: string;
	/** Module started as a process, relative to demo/. */
	module: string;
	/** Reported as service.version. */
	version: string;
}

/** Each is a Node process of its own, instrumented by @trivet/instrumentation and nothing else. */
export const SERVICES: readonly Component[] = [
	{ name: "storefront", module: "services/storefront.js", version: "3.8.1" },
	{ name: "catalog", module: "services/catalog.js", version: "2.4.0" },
	{ name: "cart", module: "services/cart.js", version: "1.19.3" },
	{ name: "orders", module: "services/orders.js", version: "5.2.0" },
	{ name: "payment", module: "services/payment.js", version: "4.0.7" },
	{ name: "fraud", module: "services/fraud.js", version: "0.9.2" },
	{ name: "inventory", module: "services/inventory.js", version: "2.1.5" },
	{ name: "fulfilment", module: "services/fulfilment.js", version: "1.6.0" },
	{ name: "notifications", module: "services/notifications.js", version: "1.3.4" },
];

/** What a real shop would rent or run elsewhere: one process, not instrumented. */
export const BACKING: Component = { name: "backing", module: "parts/backing.js", version: "1.0.0" };

export const DATABASES = ["catalog", "orders", "inventory"] as const;
export type DatabaseName = (typeof DATABASES)[number];

/** Hosts in the backing process. */
export const PARTS = [
	"catalog-db",
	"orders-db",
	"inventory-db",
	"broker",
	"api.payments.example",
	"cart-gateway",
	"inventory-far",
] as const;

/** Every host with a port, in the order in which ports are handed out. */
export const HOSTS: readonly string[] = [...SERVICES.map((service) => service.name), ...PARTS];

/** Ports are taken from here on when free, so that they are the same from start to start. */
export const FIRST_PORT = 7310;

export const DEMO_ENVIRONMENT = "trivet-demo";
