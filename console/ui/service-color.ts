/**
 * One colour per service, the same on every page, in every browser: a hash of the name picks one of 32 slots. The slots are the farthest points
 * of each other in OKLab over both schemes at once, all at least 3:1 against the page, and none near red, which means failure.
 */

export type Scheme = "light" | "dark";

/** [on light, on dark] */
export const SERVICE_PALETTE: readonly (readonly [string, string])[] = [
	["#b24e01", "#f3813f"],
	["#bf7601", "#ffad49"],
	["#966502", "#d99507"],
	["#787148", "#ada67a"],
	["#948c39", "#ccc572"],
	["#5a5d00", "#8c9006"],
	["#6d7802", "#a0b015"],
	["#6d9a10", "#a3d45a"],
	["#32851b", "#69bc57"],
	["#036a34", "#16a356"],
	["#16a356", "#64de8c"],
	["#20835f", "#5fb993"],
	["#029f8c", "#0bdfc4"],
	["#056569", "#0e9ca2"],
	["#007f89", "#40b8c3"],
	["#0596c3", "#5ed0ff"],
	["#015e8c", "#4691c2"],
	["#0176b8", "#38adfe"],
	["#547392", "#87a9c9"],
	["#0055ad", "#4089e7"],
	["#5962cb", "#8d9bff"],
	["#4d5091", "#7d81c8"],
	["#8d73e0", "#c2b5ff"],
	["#7a61a4", "#af95dd"],
	["#6c399f", "#9f6dd7"],
	["#934dae", "#cb82e7"],
	["#774175", "#ab72a9"],
	["#bf60b4", "#fc98ee"],
	["#ac4187", "#e878bd"],
	["#932467", "#cc5b9a"],
	["#8b6276", "#c296ab"],
	["#b86e94", "#f4a5cd"],
];

/** Chosen so that the demo's services, which newcomers see first, do not share or nearly share a colour. */
const SEED = 19447096;

/** Which of the palette's slots: FNV-1a with a final mix, so that names differing in one letter fall far apart. */
export function serviceSlot(service: string): number {
	let hash = SEED;
	for (let i = 0; i < service.length; i++) hash = Math.imul(hash ^ service.charCodeAt(i), 0x01000193);
	hash ^= hash >>> 15;
	hash = Math.imul(hash, 0x85ebca6b);
	hash ^= hash >>> 13;
	return (hash >>> 0) % SERVICE_PALETTE.length;
}

/** For CSS: a variable that follows the colour scheme. */
export function serviceColor(service: string): string {
	return `var(--service-${serviceSlot(service)})`;
}

/** For canvas: the concrete colour in one scheme. */
export function servicePaint(service: string, scheme: Scheme): string {
	const slot = SERVICE_PALETTE[serviceSlot(service)] ?? ["#808080", "#808080"];
	return slot[scheme === "light" ? 0 : 1];
}

/** The variables behind `serviceColor`, for one scheme. */
export function serviceVariables(scheme: Scheme): Record<string, string> {
	return Object.fromEntries(
		SERVICE_PALETTE.map((slot, index) => [`--service-${index}`, slot[scheme === "light" ? 0 : 1]]),
	);
}
