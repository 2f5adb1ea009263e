const HEX = /^[0-9a-f]{32}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The caller's X-Trace-ID when it can be a trace's id: 32 hexadecimal digits, or a UUID, not all zeros. What fails the
 * check is left out and a new one is made, as with X-Request-ID.
 */
export function wantedTraceId(header: string | string[] | undefined): string | undefined {
	if (typeof header !== "string" || header.length > 36) {
		return undefined;
	}
	const lower = header.toLowerCase();
	const digits = HEX.test(lower) ? lower : UUID.test(lower) ? lower.replaceAll("-", "") : undefined;
	return digits === "0".repeat(32) ? undefined : digits;
}
