/**
 * One colour per service, the same on every page, in every browser: a hash of the name picks one of 32 slots. The slots are the farthest points
 * of each other in OKLab over both schemes at once, all at least 3:1 against the page, and none near red, which means failure.
 */

export type Scheme = "light" | "dark";

/** [on light, on dark] */
export const SERVICE_PALETTE: readonly (readonly [string, string])[] = [
	["#7b5b4a", "#b99684"],
	["#c55f1d", "#ffa475"],
	["#9e4500", "#e87e42"],
	["#9a7866", "#dab5a2"],
	["#a27905", "#ebb432"],
	["#6a6700", "#a8a405"],
	["#4f5102", "#868a04"],
	["#6e8e03", "#aace59"],
	["#758768", "#b2c5a4"],
	["#175d00", "#4c983a"],
	["#02782e", "#52b766"],
	["#009863", "#52db9c"],
	["#035b44", "#099a75"],
	["#027461", "#55b29c"],
	["#22928f", "#6cd1cd"],
	["#00566d", "#358fad"],
	["#028cbc", "#60cbff"],
	["#006b98", "#04abee"],
	["#63859a", "#a0c3da"],
	["#004a99", "#4083db"],
	["#3f5bb8", "#7699fb"],
	["#5d6080", "#989cbe"],
	["#757ab8", "#b1b7fa"],
	["#44467f", "#787dbb"],
	["#6d4cad", "#a789f0"],
	["#642e8a", "#9c67c7"],
	["#a260bc", "#e39efe"],
	["#8f3d8e", "#cf7acd"],
	["#683867", "#a26ea0"],
	["#a46a96", "#e5a7d5"],
	["#831c5b", "#c25893"],
	["#8a4b6d", "#cb86a9"],
];

/** Which of the palette's slots: FNV-1a with a final mix, so that names differing in one letter fall far apart. */
export function serviceSlot(service: string): number {
	let hash = SEED;
	for (let i = 0; i < service.length; i++) hash = Math.imul(hash ^ service.charCodeAt(i), 0x01000193);
	hash ^= hash >>> 15;
	hash = Math.imul(hash, 0x85ebca6b);
	hash ^= hash >>> 13;
	return (hash >>> 0) % SERVICE_PALETTE.length;
}
const SEED = 0x811c9dc5;

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
