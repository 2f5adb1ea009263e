import { expect, it } from "vitest";
import { wantedTraceId } from "./trace-id.ts";

const ID = "0af7651916cd43dd8448eb211c80319c";

it.each([
	["32 hexadecimal digits", ID, ID],
	["upper case", ID.toUpperCase(), ID],
	["a UUID", "0AF76519-16cd-43dd-8448-eb211c80319c", ID],
	["all zeros", "0".repeat(32), undefined],
	["16 digits", ID.slice(16), undefined],
	["33 digits", `${ID}a`, undefined],
	["another letter", `${ID.slice(1)}g`, undefined],
	["hyphens elsewhere", "0af765191-6cd-43dd-8448-eb211c80319c", undefined],
	["markup", "<script>", undefined],
	["nothing", "", undefined],
	["no header", undefined, undefined],
	["two headers", [ID, ID], undefined],
])("X-Trace-ID with %s", (_what, header, expected) => {
	expect(wantedTraceId(header)).toBe(expected);
});
