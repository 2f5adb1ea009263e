import { describe, expect, it } from "vitest";
import { readTraces } from "../../../core/formats/otlp-json.ts";
import type { SpanKind } from "../../../core/model.ts";
import { spans } from "../../conformance/telemetry.ts";
import { restoreSharedSpanIds } from "./shared-span-ids.ts";

const CLIENT = "b7ad6b7169203331";
const ROOT = "00f067aa0ba902b7";
const CHILD = "53995c3f42cd8ad8";

type Line = [spanId: string, kind: SpanKind, parent?: string];
const restored = (...lines: Line[]): Line[] => {
	const trace = readTraces(
		spans(
			...lines.map(([spanId, kind, parent]) => ({
				...{ traceId: "0af7651916cd43dd8448eb211c80319c", spanId, kind, parent },
				...{ service: kind, name: kind, start: 1n, durationNs: 1 },
			})),
		).body,
	).spans;
	restoreSharedSpanIds(trace);
	const found = new Map(trace.map((span) => [span.arrival, span]));
	// Spans are grouped by service on their way; each service has one here.
	return lines.map(([, kind]) => {
		const span = [...found.values()].find((one) => one.service === kind);
		return span?.parentSpanId ? [span.spanId, kind, span.parentSpanId] : [span?.spanId ?? "", kind];
	});
};

describe("ids that client and server shared", () => {
	it("a renumbered server gets its client's id and parent back, its children their parent", () => {
		expect(
			restored(
				[ROOT, "consumer"],
				[CLIENT, "client", ROOT],
				["0000000000000001", "server", CLIENT],
				[CHILD, "internal", "0000000000000001"],
			),
		).toEqual([
			[ROOT, "consumer"],
			[CLIENT, "client", ROOT],
			[CLIENT, "server", ROOT],
			[CHILD, "internal", CLIENT],
		]);
	});

	it.each<[string, ...Line[]]>([
		["a server with an id of its own", [CLIENT, "client", ROOT], [CHILD, "server", CLIENT]],
		[
			"ids that are numbers everywhere",
			["0000000000000001", "client"],
			["0000000000000002", "server", "0000000000000001"],
		],
		["a server whose parent is no client", [ROOT, "internal"], ["0000000000000001", "server", ROOT]],
		["a server whose parent never came", ["0000000000000001", "server", CLIENT]],
	])("%s stays as it is", (_, ...lines) => {
		expect(restored(...lines)).toEqual(lines);
	});
});
