import { ROOT_CONTEXT } from "@opentelemetry/api";
import { RPCType, setRPCMetadata } from "@opentelemetry/core";
import { describe, expect, it } from "vitest";
import { causeOf, noteFailedCall } from "./error-cause.ts";

/** A request, and the context that calls on its behalf are made in. */
function request() {
	const metadata = { type: RPCType.HTTP, span: undefined as never };
	return { metadata, within: setRPCMetadata(ROOT_CONTEXT, metadata) };
}

const coded = (code: string | number, message = "failed") => Object.assign(new Error(message), { code });

describe("what a failed request failed of", () => {
	it.each<[string, "db" | "external", unknown[], string]>([
		["a query that PostgreSQL refuses", "db", ["42703"], "db"],
		["a statement that took too long for PostgreSQL", "db", ["57014"], "timeout"],
		["a lock that MySQL waited for in vain", "db", [Object.assign(new Error("Lock wait"), { errno: 1205 })], "timeout"],
		["pg's own time limit, which has no code", "db", [new Error("Query read timeout")], "timeout"],
		["a pool that was empty for too long", "db", [{ message: "timeout exceeded when trying to connect" }], "timeout"],
		["a connection that timed out", "external", [coded("ETIMEDOUT")], "timeout"],
		["headers that undici waited for in vain", "external", [coded("UND_ERR_HEADERS_TIMEOUT")], "timeout"],
		["a fetch whose signal ran out", "external", [new DOMException("aborted", "TimeoutError")], "timeout"],
		["a gRPC call past its deadline", "external", ["DEADLINE_EXCEEDED"], "timeout"],
		["a gRPC service that is away", "external", ["UNAVAILABLE"], "external"],
		["a gateway that gave up", "external", [undefined, 504], "timeout"],
		["a service that answered 503", "external", [undefined, 503], "external"],
		["a refused connection", "external", [coded("ECONNREFUSED"), 0], "external"],
		["an error about a timeout setting", "external", [new Error("invalid timeouts setting")], "external"],
		["something thrown that is no error", "external", [null, "x".repeat(1e6)], "external"],
	])("%s", (_what, kind, what, cause) => {
		const { metadata, within } = request();
		noteFailedCall(within, kind, ...what);
		expect(causeOf(metadata, 500, undefined)).toBe(cause);
	});

	it.each<[number, unknown, string | undefined]>([
		[200, undefined, undefined],
		[301, undefined, undefined],
		[400, undefined, "validation"],
		[401, undefined, undefined],
		[404, undefined, undefined],
		[408, undefined, "timeout"],
		[413, undefined, "validation"],
		[422, undefined, "validation"],
		[429, undefined, undefined],
		[500, undefined, "unknown"],
		[502, undefined, "unknown"],
		[504, undefined, "timeout"],
		[0, undefined, "unknown"],
		[200, coded("ECONNRESET"), "unknown"],
	])("an answer of %d with failure %s and no failed call is %s", (status, failure, cause) => {
		expect(causeOf(request().metadata, status, failure)).toBe(cause);
	});

	it("the call that failed last counts, of this request only, and none when the answer is good or refuses the request", () => {
		const [one, other] = [request(), request()];
		noteFailedCall(one.within, "db", "42703");
		noteFailedCall(one.within, "external", coded("ECONNREFUSED"));
		noteFailedCall(ROOT_CONTEXT, "db", "57014");
		expect(causeOf(one.metadata, 500, undefined)).toBe("external");
		expect(causeOf(other.metadata, 500, undefined)).toBe("unknown");
		expect(causeOf(one.metadata, 200, undefined)).toBeUndefined();
		expect(causeOf(one.metadata, 422, undefined)).toBe("validation");
	});
});
