CREATE TABLE stock (
	product_id int PRIMARY KEY,
	available int NOT NULL CHECK (available >= 0),
	reserved int NOT NULL DEFAULT 0
);

INSERT INTO stock SELECT i, 40 + (i * 37) % 160, 0 FROM generate_series(1, 480) AS i;

ANALYZE;
