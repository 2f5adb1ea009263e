import { expect, it } from "vitest";
import { operationOf } from "./measured-db.ts";

it.each([
	["select 1", "SELECT"],
	["SELECT\n\t*\nFROM x", "SELECT"],
	["\n\t  Update x set y = 1", "UPDATE"],
	["-- who wrote this\n/* and why */ WITH a AS (SELECT 1) SELECT * FROM a", "WITH"],
	["(SELECT 1) UNION (SELECT 2)", "SELECT"],
	["COMMIT;", "COMMIT"],
	["", "_OTHER"],
	["/* never closed", "_OTHER"],
	[`${"/**/ ".repeat(20_000)}1`, "_OTHER"],
	[`${" ".repeat(100_000)}SELECT`, "_OTHER"],
])("the operation of %j is %s", (sql, operation) => {
	expect(operationOf(sql)).toBe(operation);
});
