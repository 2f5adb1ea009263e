import { expect, it } from "vitest";
import { redactQuery } from "./redact.ts";

it.each([
	["", ""],
	["a=1&b=2", "a=1&b=2"],
	["token=abc", "token=REDACTED"],
	["page=2&access_token=abc&sort=asc", "page=2&access_token=REDACTED&sort=asc"],
	["X-Amz-Signature=abc&X-Amz-Credential=me", "X-Amz-Signature=REDACTED&X-Amz-Credential=REDACTED"],
	["user_password=hunter2", "user_password=REDACTED"],
	["api_key=1&apikey=2&API_KEY=3", "api_key=REDACTED&apikey=REDACTED&API_KEY=REDACTED"],
	["code=oauth&postcode=1010", "code=REDACTED&postcode=1010"],
	["token", "token"],
	["=token", "=token"],
	["a=token=b", "a=token=b"],
])("%j becomes %j", (query, shown) => {
	expect(redactQuery(query)).toBe(shown);
});

it("takes a hostile query in its stride", () => {
	expect(redactQuery("token".repeat(100_000))).toHaveLength(4_096);
	expect(redactQuery(`${"token&".repeat(100_000)}=`)).toHaveLength(4_096);
});
