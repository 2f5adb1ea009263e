-- 480 products and 80,000 past purchases to rank them by, most of them of products no longer sold: with its index a sum is 16 rows,
-- without it all of them. Everything is computed, so every shop is the same.
CREATE TABLE products (
	id int PRIMARY KEY,
	sku text NOT NULL UNIQUE,
	name text NOT NULL,
	category text NOT NULL,
	price_cents int NOT NULL
);

INSERT INTO products
SELECT
	i,
	'TRV-' || lpad(i::text, 5, '0'),
	(ARRAY['Oak', 'Walnut', 'Linen', 'Copper', 'Slate', 'Amber', 'Birch', 'Indigo', 'Ivory', 'Cobalt'])[1 + i % 10] || ' ' ||
	(ARRAY['desk', 'lamp', 'chair', 'shelf', 'rug', 'mug', 'kettle', 'blanket', 'clock', 'mirror', 'basket', 'stool'])[1 + i % 12] ||
	' No. ' || (1 + i / 12),
	(ARRAY['furniture', 'lighting', 'furniture', 'furniture', 'textiles', 'kitchen', 'kitchen', 'textiles', 'decor', 'decor',
		'storage', 'furniture'])[1 + i % 12],
	900 + (i * 7919) % 24000
FROM generate_series(1, 480) AS i;

CREATE TABLE purchases (
	product_id int NOT NULL,
	quantity int NOT NULL,
	bought_on date NOT NULL
);

INSERT INTO purchases
SELECT 1 + ((i::bigint * i) % 99991) % 4800, 1 + i % 3, DATE '2026-01-01' + i % 365
FROM generate_series(1, 80000) AS i;

CREATE INDEX purchases_product_idx ON purchases (product_id, bought_on);

ANALYZE;
