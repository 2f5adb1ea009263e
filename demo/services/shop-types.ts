/** What the shop's services tell each other, as JSON. */
export interface Product {
	id: number;
	sku: string;
	name: string;
	category: string;
	price_cents: number;
	/** Sold since the start of the season. */
	sold: number;
	/** Only on the product page. */
	available?: number | null;
}

export interface CartItem {
	product_id: number;
	name: string;
	quantity: number;
	price_cents: number;
}
export interface CartContents {
	items: CartItem[];
	total_cents: number;
}

export interface Order {
	id: string;
	customer_id: string;
	tier: string;
	status: string;
	total_cents: number;
}

export interface Charge {
	charge_id: string;
	attempts: number;
}

export interface Score {
	score: number;
	verdict: "accept" | "review";
}

export interface Shipment {
	order_id: string;
	carrier: string;
	shipped_at: string;
}

/** Bodies of the two topics. */
export interface OrderPlaced {
	order_id: string;
	customer_id: string;
	tier: string;
	lines: { productId: number; quantity: number }[];
}
export interface OrderShipped extends Shipment {
	customer_id: string;
}
