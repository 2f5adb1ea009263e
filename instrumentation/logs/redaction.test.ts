import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyValues } from "../otlp/value.ts";
import { Redaction } from "./redaction.ts";

const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const redaction = new Redaction();

describe("names", () => {
	it.each([
		"password",
		"userPassword",
		"passwd",
		"db_pwd",
		"clientSecret",
		"token",
		"access_token",
		"x-csrf-token",
		"Authorization",
		"proxy-authorization",
		"set-cookie",
		"cookies",
		"apiKey",
		"x-api-key",
		"API_KEY",
		"aws_access_key_id",
		"private_key",
		"credentials",
		"creditCard",
		"card_number",
		"cvv",
		"pan",
		"jwt",
		"connect.sessionId",
	])("%s is a secret's", (name) => {
		expect(redaction.isSecret(name)).toBe(true);
	});

	it.each([
		"tokens",
		"max_tokens",
		"tokenCount",
		"passed",
		"bypass",
		"keyboard",
		"author",
		"expand",
		"card",
		"user",
		"cwd",
		"",
	])("%j is not", (name) => {
		expect(redaction.isSecret(name)).toBe(false);
	});

	it("more of them can be given, in any spelling", () => {
		const more = new Redaction(["national_id", "IBAN"]);
		expect(["nationalId", "national-id", "customer_iban", "password"].map((name) => more.isSecret(name))).toEqual([
			true,
			true,
			true,
			true,
		]);
		expect(redaction.isSecret("nationalId")).toBe(false);
	});
});

describe("text", () => {
	it.each([
		["Authorization: Bearer abc.def", "Authorization: [Redacted]"],
		["sent Bearer abcdefgh1234 along", "sent Bearer [Redacted] along"],
		["a bearer abcdefgh1234", "a bearer [Redacted]"],
		["sent Basic dXNlcjpwYXNz", "sent Basic [Redacted]"],
		[`got ${JWT}, expired`, "got [Redacted], expired"],
		["postgres://shop:hunter2@db:5432/shop refused", "postgres://shop:[Redacted]@db:5432/shop refused"],
		["redis://:hunter2@cache:6379", "redis://:[Redacted]@cache:6379"],
		["GET /reset?token=abc&page=2", "GET /reset?token=[Redacted]&page=2"],
		['msg="login password=hunter2" user=shop', 'msg="login password=[Redacted]" user=shop'],
		["host=db password=hunter2 user=shop", "host=db password=[Redacted] user=shop"],
		['{"user":"ann","password":"p\\"w","n":1}', '{"user":"ann","password":"[Redacted]","n":1}'],
		['{"pin":1,"cvv": 123}', '{"pin":1,"cvv": "[Redacted]"}'],
		['"{\\"token\\":\\"abc\\",\\"a\\":1}"', '"{\\"token\\":\\"[Redacted]\\",\\"a\\":1}"'],
		["GET / HTTP/1.1\r\nCookie: sid=1; b=2\r\nHost: x", "GET / HTTP/1.1\r\nCookie: [Redacted]\r\nHost: x"],
		["-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END", "-----BEGIN RSA PRIVATE KEY-----[Redacted]-----END"],
	])("%j is sent as %j", (text, wanted) => {
		expect(redaction.text(text)).toBe(wanted);
	});

	it.each([
		"order placed",
		"invalid token: expired",
		"Basic Authentication is required",
		"http://api:8080/users/a@b",
		"page=2&sort=name",
		"https://example.com/?q=eyJ",
		"password is required",
		'{"status":"ok","tokens":12}',
		"keyJob and eyJs",
	])("%j is sent as it is", (text) => {
		expect(redaction.text(text)).toBe(text);
	});

	it("never gives a JWT or a password away, wherever it stands", () => {
		const around = fc.string({ maxLength: 40 });
		fc.assert(
			fc.property(around, around, (before, after) => {
				// Letters right before would make it another word.
				const shown =
					redaction.text(`${before} ${JWT} ${after}`) + redaction.text(`${before} password=hunter2 ${after}`);
				expect(shown).not.toContain("dBjftJeZ4CVP");
				expect(shown).not.toContain("hunter2");
			}),
		);
	});

	it.each([
		"eyJ",
		"eyJaaaaaaaa.",
		"bearer ",
		"://a:",
		"a=",
		'password="',
		'"a":"',
		'\\"a\\":\\"',
		"cookie:",
		"-----BEGIN PRIVATE KEY-----",
	])("takes no longer for being made of %j", (piece) => {
		// Were any of it quadratic, half a million characters would take minutes.
		redaction.text(piece.repeat(500_000 / piece.length));
	});
});

describe("fields", () => {
	it("lose the whole value of a secret, at any depth; that there is one stays", () => {
		const fields = {
			password: { old: "a", next: "b" },
			hasToken: true,
			token: 12,
			req: { headers: { authorization: ["Bearer x"], accept: "*/*" } },
			deep: { a: { b: { c: { d: { e: { f: { g: { h: { password: "hunter2" } } } } } } } } },
			list: [{ secret: "s" }, `Bearer ${JWT}`],
		};
		const sent = JSON.stringify(keyValues(fields, 100_000, redaction));
		for (const secret of ["hunter2", "Bearer x", '"s"', '"a","next"', "eyJ", '"12"']) {
			expect(sent).not.toContain(secret);
		}
		expect(sent).toContain('{"key":"hasToken","value":{"boolValue":true}}');
		expect(sent).toContain('{"key":"accept","value":{"stringValue":"*/*"}}');
	});
});
