import fc from "fast-check";
import { expect, it } from "vitest";
import { maskLiterals, redisOperation, redisText } from "./query-text.ts";

it.each([
	["SELECT * FROM t WHERE a = 'x' AND b = 42", "SELECT * FROM t WHERE a = ? AND b = ?"],
	["INSERT INTO t VALUES ('it''s', \"say \\\"hi\\\"\", -1.5e-3, 0xFF)", "INSERT INTO t VALUES (?, ?, -?, ?)"],
	["SELECT `col1`, t2.c3 FROM `it's` LIMIT 10", "SELECT `col1`, t2.c3 FROM `it's` LIMIT ?"],
	["SELECT 1 /* route: '/a' */ -- it's fine\n, 2", "SELECT ? /* route: '/a' */ -- it's fine\n, ?"],
	["SELECT 'a\\'b', 'c'", "SELECT ?, ?"],
	["SELECT 'never closed", "SELECT ?"],
	["SELECT ?", "SELECT ?"],
	["", ""],
])("%j is shown as %j", (sql, shown) => {
	expect(maskLiterals(sql)).toBe(shown);
});

it("no string that was filled in is ever shown", () => {
	const literal = (value: string) => `'${value.replace(/[\\']/g, "\\$&")}'`;
	const secret = fc.string({ maxLength: 20 }).map((around) => `${around}SECRET${around}`);
	fc.assert(
		fc.property(fc.array(secret, { minLength: 1, maxLength: 5 }), (values) => {
			expect(maskLiterals(`SELECT ${values.map(literal).join(", ")} FROM t`)).toBe(
				`SELECT ${values.map(() => "?").join(", ")} FROM t`,
			);
		}),
	);
});

it.each([
	["a string of megabytes", `SELECT '${"x".repeat(2_000_000)}'`],
	["a million quotes", `SELECT ${"'".repeat(1_000_000)}`],
	["a million comments", "/* ".repeat(300_000)],
	["digits and letters", "1e".repeat(500_000)],
])("%s is cut before it is looked at", (_what, sql) => {
	expect(maskLiterals(sql).length).toBeLessThan(5_000);
});

it.each([
	["GET", ["cart:7"], "GET cart:7"],
	["SET", ["cart:7", "secret", "EX", 10], "SET cart:7 ? ? ?"],
	["SET", [Buffer.from("cart:7"), Buffer.from("secret")], "SET cart:7 ?"],
	["AUTH", ["user", "secret"], "AUTH ? ?"],
	["HELLO", ["3", "AUTH", "user", "secret"], "HELLO ? ? ? ?"],
	["EVAL", ["return 'secret'", 0], "EVAL ? ?"],
	["CONFIG", ["SET", "requirepass", "secret"], "CONFIG ? ? ?"],
	["GETAWAY", ["secret"], "GETAWAY ?"],
	["FT.SEARCH", ["secret"], "FT.SEARCH ?"],
	["DEL", Array.from({ length: 20 }, (_, i) => `k${i}`), "DEL k0 ? ? ? ? ? ? ? ? ..."],
	["GET", ["k".repeat(1_000)], `GET ${"k".repeat(200)}...`],
	["PING", [], "PING"],
])("%s %j is shown as %j", (command, args, shown) => {
	expect(redisText(command, args)).toBe(shown);
});

it.each([
	["get", "GET"],
	["ft.search", "FT.SEARCH"],
	["what ever", "_OTHER"],
	["", "_OTHER"],
	[undefined, "UNDEFINED"],
	["x".repeat(100), "_OTHER"],
])("the operation of %j is %s", (name, operation) => {
	expect(redisOperation(name)).toBe(operation);
});
