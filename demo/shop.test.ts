import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CapturedLog, type CapturedSpan, OtlpCapture } from "./otlp-capture.ts";
import { SERVICES } from "./shop.ts";
import { makeDataDir, Shopper, type StartedDemo, startDemoProcess } from "./testing-demo.ts";

const CLIENT = 3;
const SERVER = 2;
const ERROR = 2;

const capture = new OtlpCapture();
let data: Awaited<ReturnType<typeof makeDataDir>>;
let demo: StartedDemo;
let storefrontUrl: string;

beforeAll(async () => {
	await capture.start();
	data = await makeDataDir();
	demo = await startDemoProcess(capture.url, data.path);
	storefrontUrl = (await demo.state()).services.find((service) => service.name === "storefront")!.url;
}, 120_000);

afterAll(async () => {
	await demo?.stop();
	await data?.remove();
	capture.stop();
});

/** The nearest ancestors' services, from the span's own up to the root. */
function servicesUpwards(span: CapturedSpan, spans: readonly CapturedSpan[]): string[] {
	const byId = new Map(spans.map((each) => [each.spanId, each]));
	const path: string[] = [];
	for (let at: CapturedSpan | undefined = span; at; at = byId.get(at.parentSpanId)) {
		if (path.at(-1) !== at.service) path.push(at.service);
	}
	return path;
}

describe("the shop", () => {
	it("reports every service and part as running, in the shape the API promises", async () => {
		const state = await demo.state();
		expect(state.services.filter((service) => service.state !== "running")).toEqual([]);
		expect(state.services.map((service) => service.name)).toEqual(
			expect.arrayContaining([...SERVICES.map((service) => service.name), "catalog-db", "orders-db", "broker"]),
		);
		expect(state.faults.filter((fault) => fault.enabled)).toEqual([]);
	});

	it("makes one trace of a checkout, through HTTP, gRPC, PostgreSQL and MQTT", async () => {
		const shopper = new Shopper(storefrontUrl);
		expect(await shopper.fillCart()).toMatchObject({ status: 201 });
		expect(await shopper.checkout()).toMatchObject({ status: 201 });
		const spans = await capture.until("the notification that closes the trace", () => {
			const spans = capture.trace(shopper.traceId);
			return spans.some((span) => span.name === "process order-shipped") ? spans : null;
		});
		const all = await capture.until("spans of all nine services", () => {
			const spans = capture.trace(shopper.traceId);
			return new Set(spans.map((span) => span.service)).size === SERVICES.length ? spans : null;
		});
		expect(spans.length).toBeLessThanOrEqual(all.length);
		const has = (test: (span: CapturedSpan) => boolean) => all.some(test);
		expect(has((span) => span.attributes["rpc.system"] === "grpc" && span.kind === CLIENT)).toBe(true);
		expect(has((span) => span.attributes["rpc.system"] === "grpc" && span.kind === SERVER)).toBe(true);
		expect(has((span) => span.attributes["messaging.system"] === "mqtt" && span.name === "publish order-placed")).toBe(
			true,
		);
		expect(has((span) => span.attributes["server.address"] === "api.payments.example")).toBe(true);
		expect(new Set(all.map((span) => span.attributes["db.namespace"]).filter(Boolean))).toEqual(
			new Set(["catalog", "orders", "inventory"]),
		);
		const last = all.find((span) => span.name === "process order-shipped")!;
		expect(servicesUpwards(last, all)).toEqual(["notifications", "fulfilment", "orders", "storefront"]);
	});

	it("has shoppers of its own, whose traces begin at the storefront", async () => {
		const root = await capture.until("a root of the storefront's", () =>
			capture.spans.find((span) => span.service === "storefront" && span.kind === SERVER && span.parentSpanId === ""),
		);
		expect(root.resource).toMatchObject({ "deployment.environment.name": "trivet-demo", "service.version": "3.8.1" });
	});

	it("writes log lines into the span they belong to, in every service", async () => {
		await capture.until("a traced log line of every service", () => {
			const traced = capture.logs.filter((log) => log.traceId !== "" && log.spanId !== "");
			return SERVICES.every(({ name }) => traced.some((log) => log.service === name)) || null;
		});
	});

	it("logs no card token", () => {
		expect(JSON.stringify(capture.logs)).not.toContain("tok_");
	});

	it("pushes business metrics whose exemplars are traces", async () => {
		for (const metric of [
			"shop.orders",
			"shop.payment.duration",
			"shop.identity.checks",
			"checkout_duration_seconds",
		]) {
			const point = await capture.until(`an exemplar on ${metric}`, () =>
				capture.points.find((point) => point.metric === metric && point.exemplars.length > 0),
			);
			expect(point.exemplars[0]?.traceId).toMatch(/^[0-9a-f]{32}$/);
		}
	});

	it("knows its health down the chain, orders, payment, fraud and the orders' database", async () => {
		const answer = await fetch(`${storefrontUrl}/health?deep=true`);
		expect(answer.status).toBe(200);
		expect(await answer.json()).toMatchObject({ status: "pass", serviceId: "storefront", score: 1 });
	});

	it("refuses a declined card without calling it a failure of the shop", async () => {
		const shopper = new Shopper(storefrontUrl);
		await shopper.fillCart();
		expect(await shopper.checkout("tok_declined")).toEqual({ status: 402, body: { error: "card_declined" } });
		const line = await capture.until("the line about it", () =>
			capture.logs.find((log) => log.traceId === shopper.traceId && log.text === "card declined"),
		);
		expect(line).toMatchObject({ service: "payment", severityText: "warn" });
	});
});

describe("a fault", () => {
	/** On for as long as `look` takes, then off again. */
	async function during(id: string, look: () => Promise<void>): Promise<void> {
		await demo.setFault(id, true);
		try {
			await look();
		} finally {
			await demo.setFault(id, false);
		}
	}

	it("slow-query: the search's SELECT takes many times what it took", async () => {
		const searchMs = async () => {
			const shopper = new Shopper(storefrontUrl);
			await shopper.ask("GET", "/search?q=oak");
			const span = await capture.until("the search's query", () =>
				capture.trace(shopper.traceId).find((span) => span.attributes["db.query.text"] !== undefined),
			);
			return span.durationMs;
		};
		const beforeMs = Math.min(await searchMs(), await searchMs());
		await during("slow-query", async () => {
			expect(Math.min(await searchMs(), await searchMs())).toBeGreaterThan(3 * beforeMs);
		});
	});

	it("payment-failing: checkouts fail at the provider, after a retry", async () => {
		await during("payment-failing", async () => {
			const failed = await until(async () => {
				const shopper = new Shopper(storefrontUrl);
				await shopper.fillCart();
				return (await shopper.checkout()).status === 502 ? shopper : null;
			});
			const attempts = await capture.until("two failed calls", () => {
				const calls = capture
					.trace(failed.traceId)
					.filter((span) => span.attributes["server.address"] === "api.payments.example" && span.status.code === ERROR);
				return calls.length === 2 ? calls : null;
			});
			expect(attempts.every((span) => span.service === "payment")).toBe(true);
		});
	});

	it("error-burst: cart's own spans fail, and its log has the stack", async () => {
		await during("error-burst", async () => {
			const line = await until(async () => {
				await new Shopper(storefrontUrl).fillCart();
				return capture.logs.find(isCartTypeError) ?? null;
			});
			await capture.until("the failed server span it belongs to", () =>
				capture
					.trace(line.traceId)
					.find((span) => span.service === "cart" && span.kind === SERVER && span.status.code === ERROR),
			);
			expect(line.attributes["exception.stacktrace"]).toContain("cart.js");
		});
	});

	function isCartTypeError(log: CapturedLog): boolean {
		return log.service === "cart" && log.attributes["exception.type"] === "TypeError";
	}

	it("slow-edge: orders waits for inventory, which was quick", async () => {
		await during("slow-edge", async () => {
			const shopper = new Shopper(storefrontUrl);
			await shopper.fillCart();
			await shopper.checkout();
			const [client, server] = await capture.until("both sides of the call", () => {
				const spans = capture.trace(shopper.traceId);
				const client = spans.find((span) => span.service === "orders" && span.name.endsWith("Reserve"));
				const server = spans.find((span) => span.parentSpanId === client?.spanId);
				return client && server ? ([client, server] as const) : null;
			});
			expect(server.service).toBe("inventory");
			expect(client.durationMs - server.durationMs).toBeGreaterThan(500);
		});
	});

	it("dependency-cycle: one trace goes round orders, payment and fraud, and ends", async () => {
		await during("dependency-cycle", async () => {
			const shopper = new Shopper(storefrontUrl);
			await shopper.fillCart();
			expect(await shopper.checkout()).toMatchObject({ status: 201 });
			const round = ["fraud", "payment", "orders"];
			const path = await capture.until("two rounds", () => {
				const spans = capture.trace(shopper.traceId);
				const paths = spans.map((span) => servicesUpwards(span, spans)).filter((path) => path.at(-1) === "storefront");
				return paths.find((path) => path.length > 2 * round.length + 1);
			});
			expect(path).toEqual([...round, ...round, ...round, "storefront"].slice(-path.length));
		});
	});

	it("stuck-consumer: orders pile up unshipped, and are shipped late when it ends", async () => {
		const shopper = new Shopper(storefrontUrl);
		await during("stuck-consumer", async () => {
			await shopper.fillCart();
			expect(await shopper.checkout()).toMatchObject({ status: 201 });
			await capture.until("a growing queue", () =>
				capture.points.find(
					(point) => point.metric === "fulfilment_queue_depth" && (point.asDouble ?? point.asInt ?? 0) > 0,
				),
			);
			expect(consumed(shopper)).toBeUndefined();
		});
		await capture.until("the late consumer", () => consumed(shopper));
		const late = capture.logs.find((log) => log.traceId === shopper.traceId && log.text === "picking order");
		expect(Number(late?.attributes.lag_ms)).toBeGreaterThan(0);
	});

	function consumed(shopper: Shopper): CapturedSpan | undefined {
		return capture
			.trace(shopper.traceId)
			.find((span) => span.service === "fulfilment" && span.name === "process order-placed");
	}

	it("lost-link: cart's half of the trace has its own ID, and the request ID finds it", async () => {
		await during("lost-link", async () => {
			const shopper = new Shopper(storefrontUrl);
			await shopper.fillCart();
			const orphaned = await capture.until("cart's own root", () =>
				capture.spans.find(
					(span) =>
						span.service === "cart" &&
						span.parentSpanId === "" &&
						span.attributes["http.request_id"] === shopper.requestId,
				),
			);
			expect(orphaned.traceId).not.toBe(shopper.traceId);
			const call = await capture.until("the call that ends at the gateway", () =>
				capture.trace(shopper.traceId).find((span) => span.attributes["server.address"] === "cart-gateway"),
			);
			expect(call.service).toBe("storefront");
		});
	});

	it("crash-loop: inventory dies saying why, its callers get UNAVAILABLE, and it comes back", async () => {
		await during("crash-loop", async () => {
			await capture.until("the last line before the exit", () =>
				capture.logs.find((log) => log.service === "inventory" && log.severityText === "fatal"),
			);
			await until(async () => {
				const shopper = new Shopper(storefrontUrl);
				await shopper.fillCart();
				await shopper.checkout();
				return capture.spans.find((span) => Number(span.attributes["rpc.grpc.status_code"]) === 14) ?? null;
			});
		});
		await until(async () => {
			const inventory = (await demo.state()).services.find((service) => service.name === "inventory");
			return inventory?.state === "running" ? inventory : null;
		});
	}, 90_000);

	/** Repeats a request until it shows what is looked for. */
	async function until<T>(attempt: () => Promise<T | null>): Promise<T> {
		const deadline = performance.now() + 40_000;
		while (performance.now() < deadline) {
			const found = await attempt();
			if (found !== null) return found;
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
		throw new Error("not seen in 40 s");
	}
});

describe("the control server", () => {
	const put = (path: string, body: string, headers: Record<string, string> = {}) =>
		fetch(`${demo.controlUrl}${path}`, {
			method: "PUT",
			body,
			headers: { "content-type": "application/json", ...headers },
		}).then((response) => response.status);

	it.each([
		["an unknown fault", "/faults/earthquake", '{"enabled":true}', {}, 404],
		["a body that is not JSON", "/faults/slow-edge", "on", {}, 400],
		["a body of another shape", "/faults/slow-edge", '{"enabled":"yes"}', {}, 400],
		["another content type", "/faults/slow-edge", '{"enabled":true}', { "content-type": "text/plain" }, 415],
		["a foreign origin", "/faults/slow-edge", '{"enabled":true}', { origin: "http://evil.example" }, 403],
		["a body over the limit", "/faults/slow-edge", `{"enabled":true,"x":"${"x".repeat(2_000)}"}`, {}, 413],
	])("refuses %s", async (_what, path, body, headers, status) => {
		expect(await put(path, body, headers)).toBe(status);
		expect((await demo.state()).faults.filter((fault) => fault.enabled)).toEqual([]);
	});
});

describe("what was captured", () => {
	it("could all be read", () => expect(capture.problems).toEqual([]));
});
