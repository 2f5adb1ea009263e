/** What the traces of the load look like: a shop's, over eight services, a database, a cache and a queue. */

export type ShapeKind = "internal" | "server" | "client" | "producer" | "consumer";

export interface ShapeSpan {
	service: string;
	kind: ShapeKind;
	name: string;
	/** Index of the parent in the shape, -1 for the root. */
	parent: number;
	startMs: number;
	durationMs: number;
	failed: boolean;
	attributes: Record<string, string | number>;
	/** The line that is logged in it. */
	line: string;
}

class Shape {
	readonly spans: ShapeSpan[] = [];

	add(span: Omit<ShapeSpan, "failed" | "line"> & { failed?: boolean; line?: string }): number {
		this.spans.push({ failed: false, line: `${span.name} took ${span.durationMs} ms`, ...span });
		return this.spans.length - 1;
	}

	entry(
		service: string,
		method: string,
		route: string,
		parent: number,
		startMs: number,
		durationMs: number,
		failed = false,
	): number {
		const attributes = {
			"http.request.method": method,
			"http.route": route,
			"url.path": route.replace(":id", "8f14e45f"),
			"http.response.status_code": failed ? 500 : 200,
			"server.address": `${service}.shop.internal`,
			"user_agent.original": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0",
			"network.protocol.version": "1.1",
		};
		const line = failed ? `request failed: ${method} ${route} answered 500` : `${method} ${route} answered 200`;
		return this.add({
			service,
			kind: "server",
			name: `${method} ${route}`,
			parent,
			startMs,
			durationMs,
			failed,
			attributes,
			line,
		});
	}

	/** A client span in the parent's service and the server span it causes; the index of the server's. */
	call(
		parent: number,
		callee: string,
		method: string,
		route: string,
		startMs: number,
		durationMs: number,
		failed = false,
	): number {
		const { service } = this.spans[parent]!;
		const attributes = {
			"http.request.method": method,
			"url.full": `http://${callee}.shop.internal:8080${route.replace(":id", "8f14e45f")}`,
			"server.address": `${callee}.shop.internal`,
			"network.protocol.version": "1.1",
			"http.response.status_code": failed ? 500 : 200,
		};
		const client = this.add({ service, kind: "client", name: method, parent, startMs, durationMs, failed, attributes });
		return this.entry(
			callee,
			method,
			route,
			client,
			startMs + Math.min(1, durationMs * 0.05),
			durationMs * 0.95,
			failed,
		);
	}

	query(parent: number, system: "postgresql" | "redis", statement: string, startMs: number, durationMs: number): void {
		const { service } = this.spans[parent]!;
		const attributes = {
			"db.system.name": system,
			"db.namespace": system === "redis" ? "0" : "shop",
			"db.query.text": statement,
			"server.address": `${system}.shop.internal`,
			"server.port": system === "redis" ? 6379 : 5432,
		};
		const name = statement.split(" ", 1)[0]!;
		this.add({ service, kind: "client", name, parent, startMs, durationMs, attributes });
	}

	work(parent: number, name: string, startMs: number, durationMs: number): number {
		const { service } = this.spans[parent]!;
		const attributes = {
			"code.function.name": `${service}.${name}`,
			"code.file.path": `/srv/${service}/src/${name}.ts`,
			"thread.name": "main",
			"shop.step": name,
			"shop.items": 3,
		};
		return this.add({ service, kind: "internal", name, parent, startMs, durationMs, attributes });
	}

	message(parent: number, consumer: string, topic: string, startMs: number, durationMs: number): number {
		const attributes = {
			"messaging.system": "mqtt",
			"messaging.destination.name": topic,
			"messaging.message.id": "b6d767d2f8ed5d21",
		};
		const { service } = this.spans[parent]!;
		const producer = this.add({
			service,
			kind: "producer",
			name: `publish ${topic}`,
			parent,
			startMs,
			durationMs: 1,
			attributes,
		});
		return this.add({
			service: consumer,
			kind: "consumer",
			name: `process ${topic}`,
			parent: producer,
			startMs: startMs + 4,
			durationMs,
			attributes,
		});
	}

	/** Internal steps until the shape has exactly so many spans. */
	fillTo(count: number): ShapeSpan[] {
		const parents = this.spans.length;
		for (let i = 0; this.spans.length < count; i++) {
			const parent = i % parents;
			const { startMs, durationMs } = this.spans[parent]!;
			this.work(parent, `step-${i}`, startMs + durationMs * 0.02 * (i % 5), durationMs * 0.04);
		}
		return this.spans;
	}
}

/** 32 spans: the long way through the shop. */
function checkout(paymentFails: boolean): Shape {
	const shape = new Shape();
	const root = shape.entry("gateway", "POST", "/api/checkout", -1, 0, 180, paymentFails);
	const order = shape.call(root, "checkout", "POST", "/orders", 4, 170, paymentFails);
	const basket = shape.call(order, "cart", "GET", "/carts/:id", 8, 18);
	shape.query(basket, "redis", "GET cart:8f14e45f", 10, 2);
	const stock = shape.call(order, "inventory", "POST", "/reservations", 30, 35);
	shape.query(stock, "postgresql", "SELECT sku, amount FROM stock WHERE sku = ANY($1) FOR UPDATE", 34, 9);
	shape.query(stock, "postgresql", "UPDATE stock SET amount = amount - $1 WHERE sku = $2", 46, 11);
	const payment = shape.call(order, "payment", "POST", "/charges", 70, 80, paymentFails);
	shape.query(payment, "postgresql", "INSERT INTO charges (id, amount) VALUES ($1, $2)", 140, 6);
	shape.query(order, "postgresql", "INSERT INTO orders (id, total) VALUES ($1, $2)", 152, 8);
	const mail = shape.message(order, "mail", "orders", 162, 40);
	shape.query(mail, "postgresql", "SELECT email FROM customers WHERE id = $1", 168, 5);
	return shape;
}

function browse(): Shape {
	const shape = new Shape();
	const root = shape.entry("gateway", "GET", "/api/products/:id", -1, 0, 60);
	const catalog = shape.call(root, "catalog", "GET", "/products/:id", 3, 40);
	shape.query(catalog, "postgresql", "SELECT * FROM products WHERE id = $1", 8, 12);
	const similar = shape.call(root, "recommend", "GET", "/similar/:id", 20, 36);
	shape.query(similar, "redis", "ZRANGE similar:8f14e45f 0 10", 24, 3);
	return shape;
}

function addToCart(): Shape {
	const shape = new Shape();
	const root = shape.entry("gateway", "POST", "/api/cart/items", -1, 0, 45);
	const cart = shape.call(root, "cart", "POST", "/carts/:id/items", 3, 38);
	const product = shape.call(cart, "catalog", "GET", "/products/:id", 6, 14);
	shape.query(product, "postgresql", "SELECT price FROM products WHERE id = $1", 8, 6);
	shape.query(cart, "redis", "HSET cart:8f14e45f sku 1", 24, 3);
	return shape;
}

/** The mix of one request: 24 traces of 21.3 spans on average, 512 in all. */
export function traceMix(): ShapeSpan[][] {
	const mix: ShapeSpan[][] = [];
	for (let i = 0; i < 4; i++) mix.push(checkout(false).fillTo(32), checkout(i === 0).fillTo(24));
	for (let i = 0; i < 8; i++) mix.push(browse().fillTo(16), addToCart().fillTo(20));
	return mix;
}
