/**
 * Gives a server span back the ID it shared with its client. Zipkin's instrumentations use one ID for both sides of a call; Tempo's query
 * frontend tells such spans apart by renumbering the server's (1, 2, 3, ...), hanging it below the client and its children below the new
 * number (modules/frontend/combiner, `spanIDDeduper`). The same span has another ID in its log lines, so this is undone.
 */
import type { Span, SpanId } from "../../../core/model.ts";

/** The numbers count up from 1; a random ID is below this once in 2^44 spans. */
const MAX_NUMBER = 1 << 20;

/** Changes the spans in place. The parent the server span had is gone; it had its client's, as both sides share that too. */
export function restoreSharedSpanIds(spans: readonly Span[]): void {
	const renumbered = spans.filter(
		(span) => span.kind === "server" && span.parentSpanId !== null && isNumber(span.spanId),
	);
	if (renumbered.length === 0) return;
	const clients = new Map<SpanId, Span>();
	for (const span of spans) if (span.kind === "client") clients.set(span.spanId, span);
	const originals = new Map<SpanId, SpanId>();
	for (const server of renumbered) {
		const client = clients.get(server.parentSpanId ?? "");
		if (client === undefined || isNumber(client.spanId)) continue;
		originals.set(server.spanId, client.spanId);
		server.spanId = client.spanId;
		server.parentSpanId = client.parentSpanId;
	}
	for (const span of spans) span.parentSpanId = originals.get(span.parentSpanId ?? "") ?? span.parentSpanId;
}

function isNumber(spanId: SpanId): boolean {
	return spanId.startsWith("00000000000") && Number.parseInt(spanId, 16) < MAX_NUMBER;
}
