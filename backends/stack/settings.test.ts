import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readStackSettings } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "trivet-settings-"));
const pem = join(folder, "ca.pem");
writeFileSync(pem, "");
afterAll(() => rmSync(folder, { recursive: true }));

test("without any URL there is no stack", () => {
	expect(readStackSettings({})).toBeNull();
	expect(readStackSettings({ TEMPO_URL: "" })).toBeNull();
});

test("one URL is enough; the other parts are not configured", () => {
	expect(readStackSettings({ LOKI_URL: "http://localhost:3100" })).toEqual({
		tempo: null,
		loki: { url: "http://localhost:3100/", headers: {}, tenant: null, tls: {} },
		prometheus: null,
	});
});

test("headers, tenant, basic auth and TLS are each engine's own", () => {
	const settings = readStackSettings({
		TEMPO_URL: "https://reader:s%40cret@tempo.example/tempo",
		TEMPO_HEADERS: "X-Team=a%2Cb, x-other = c=d ",
		TEMPO_TLS_CA_FILE: pem,
		TEMPO_TLS_CERT_FILE: pem,
		TEMPO_TLS_KEY_FILE: pem,
		TEMPO_TLS_SERVER_NAME: "inside",
		TEMPO_TLS_INSECURE_SKIP_VERIFY: "false",
		PROMETHEUS_URL: "http://mimir:9009/prometheus",
		PROMETHEUS_TENANT: "shop",
		PROMETHEUS_USERNAME: "u",
		PROMETHEUS_PASSWORD: "p",
	});
	expect(settings?.tempo).toEqual({
		url: "https://tempo.example/tempo",
		headers: {
			authorization: `Basic ${Buffer.from("reader:s@cret").toString("base64")}`,
			"x-team": "a,b",
			"x-other": "c=d",
		},
		tenant: null,
		tls: { caFile: pem, certFile: pem, keyFile: pem, serverName: "inside", insecureSkipVerify: false },
	});
	expect(settings?.prometheus).toEqual({
		url: "http://mimir:9009/prometheus",
		headers: { authorization: `Basic ${Buffer.from("u:p").toString("base64")}` },
		tenant: "shop",
		tls: {},
	});
});

test("a header of one's own wins over user and password", () => {
	const settings = readStackSettings({ LOKI_URL: "http://u:p@loki:3100", LOKI_HEADERS: "Authorization=Bearer x" });
	expect(settings?.loki?.headers).toEqual({ authorization: "Bearer x" });
});

test.each([
	[{ TEMPO_URL: "tempo:3200" }, /TEMPO_URL: give a URL/],
	[{ TEMPO_URL: "ftp://tempo" }, /TEMPO_URL: give a URL/],
	[{ TEMPO_URL: "http://tempo?x=1" }, /TEMPO_URL: .*without a query/],
	[{ TEMPO_TENANT: "a" }, /TEMPO_TENANT is set, but TEMPO_URL is not/],
	[{ LOKI_URL: "http://l", LOKI_HEADERS: "nothing" }, /LOKI_HEADERS: give name=value/],
	[{ LOKI_URL: "http://l", LOKI_HEADERS: "a=b%0d%0ac" }, /LOKI_HEADERS/],
	[{ LOKI_URL: "http://l", LOKI_TLS_CA_FILE: "/none.pem" }, /LOKI_TLS_CA_FILE=\/none.pem: there is no such file/],
	[{ LOKI_URL: "http://l", LOKI_TLS_CERT_FILE: pem }, /go together/],
	[{ LOKI_URL: "http://l", LOKI_TLS_INSECURE_SKIP_VERIFY: "yes" }, /say true or false/],
])("%j is refused and told", (environment, sentence) => {
	expect(() => readStackSettings(environment)).toThrow(sentence);
});

test("a secret does not appear in what is told", () => {
	const wrong = { LOKI_URL: "nonsense://u:hunter2@l", LOKI_HEADERS: "hunter2" };
	expect(() => readStackSettings(wrong)).not.toThrow(/hunter2/);
	expect(() => readStackSettings(wrong)).toThrow(/LOKI_URL.*LOKI_HEADERS/);
});
