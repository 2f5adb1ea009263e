CREATE TABLE orders (
	id text PRIMARY KEY,
	customer_id text NOT NULL,
	tier text NOT NULL,
	status text NOT NULL,
	total_cents int NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX orders_customer_idx ON orders (customer_id, created_at DESC);
CREATE INDEX orders_created_idx ON orders (created_at);

CREATE TABLE order_items (
	order_id text NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
	product_id int NOT NULL,
	quantity int NOT NULL,
	price_cents int NOT NULL,
	PRIMARY KEY (order_id, product_id)
);

INSERT INTO orders
SELECT
	'ord-seed-' || i,
	'cust-' || (1 + (i * 31) % 400),
	(ARRAY['standard', 'standard', 'silver', 'gold'])[1 + i % 4],
	'paid',
	1500 + (i * 7919) % 40000,
	now() - i * interval '30 seconds'
FROM generate_series(1, 600) AS i;

ANALYZE;
