import { resolve } from "node:path";
import { expect, test } from "vitest";
import { InvalidInput } from "../core/ports.ts";
import { readConfig } from "./config.ts";

test("without any variable it binds to loopback and keeps 72 hours beside the project", () => {
	const config = readConfig({}, "/somewhere");
	expect(config).toMatchObject({
		host: "127.0.0.1",
		port: 3000,
		otlpPort: 4318,
		otlpGrpcPort: 4317,
		token: null,
		retention: { ageHours: 72 },
	});
	expect(config.dataDir).toBe(resolve("/somewhere", ".trivet"));
});

test("whoever takes any port for OTLP/HTTP takes any for OTLP/gRPC", () => {
	expect(readConfig({ TRIVET_OTLP_PORT: "0" }, "/").otlpGrpcPort).toBe(0);
	expect(readConfig({ TRIVET_OTLP_PORT: "0", TRIVET_OTLP_GRPC_PORT: "5317" }, "/").otlpGrpcPort).toBe(5317);
});

test("days are hours", () => {
	expect(readConfig({ TRIVET_RETENTION: "7d" }, "/").retention.ageHours).toBe(168);
});

test("where Grafana is, below a path too, is told without a slash at its end", () => {
	expect(readConfig({}, "/").grafanaUrl).toBe(null);
	expect(readConfig({ GRAFANA_URL: "https://metrics.example/grafana/" }, "/").grafanaUrl).toBe(
		"https://metrics.example/grafana",
	);
});

test("bound beyond loopback it does not start without a token", () => {
	expect(() => readConfig({ TRIVET_HOST: "0.0.0.0" }, "/")).toThrow(/TRIVET_TOKEN/);
	expect(readConfig({ TRIVET_HOST: "0.0.0.0", TRIVET_TOKEN: "long-enough" }, "/").token).toBe("long-enough");
});

test("a container whose port is published on loopback needs no token; its own host name is let in, and foreign ones are not", () => {
	const container = { TRIVET_HOST: "0.0.0.0", TRIVET_ALLOWED_HOSTS: "console" };
	const config = readConfig({ ...container, TRIVET_PUBLISHED_ON: "127.0.0.1" }, "/");
	expect(config).toMatchObject({ host: "0.0.0.0", token: null, allowedHosts: ["console", "0.0.0.0"] });
	expect(() => readConfig({ ...container, TRIVET_PUBLISHED_ON: "0.0.0.0" }, "/")).toThrow(/TRIVET_TOKEN/);
	expect(() => readConfig({ TRIVET_PUBLISHED_ON: "192.168.0.2" }, "/")).toThrow(/TRIVET_TOKEN/);
});

test.each([
	["TRIVET_DEMO_URL", "demo"],
	["GRAFANA_URL", "javascript:alert(1)"],
	["TRIVET_PORT", "seventy"],
	["TRIVET_PORT", "70000"],
	["TRIVET_OTLP_GRPC_PORT", "any"],
	["TRIVET_RETENTION", "soon"],
	["TRIVET_MEMORY", "1"],
	["TRIVET_TOKEN", "short"],
])("a wrong %s=%s is named in the error", (name, value) => {
	expect(() => readConfig({ [name]: value }, "/")).toThrow(InvalidInput);
	expect(() => readConfig({ [name]: value }, "/")).toThrow(`${name}=${value}`);
});
