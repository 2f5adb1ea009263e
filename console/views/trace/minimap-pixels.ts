/** The minimap as pixels: every span a line in its service's colour, painted straight into a buffer so that 100,000 take milliseconds. */
import type { TimeView } from "./time-view.ts";
import type { TraceTree } from "./trace-tree.ts";

/** Packs a colour as canvas image data on little-endian machines wants it. */
export function packColour(red: number, green: number, blue: number, alpha = 255): number {
	return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** `#rgb` and `#rrggbb`; grey for anything else. */
export function parseColour(css: string): number {
	const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(css);
	const hex = short ? `${short[1]}${short[1]}${short[2]}${short[2]}${short[3]}${short[3]}` : css.slice(1);
	if (!/^[0-9a-f]{6}$/i.test(hex)) return packColour(134, 142, 150);
	return packColour(
		Number.parseInt(hex.slice(0, 2), 16),
		Number.parseInt(hex.slice(2, 4), 16),
		Number.parseInt(hex.slice(4, 6), 16),
	);
}

/**
 * Paints rows top to bottom in tree order. A span is at least one pixel wide and `lineHeight` high; the lower part of a failed span is
 * red and painted last, so that nothing hides it. `serviceColours[i]` belongs to `tree.services[i]`.
 */
export function paintMinimap(
	tree: TraceTree,
	whole: TimeView,
	width: number,
	height: number,
	serviceColours: Uint32Array,
	errorColour: number,
	lineHeight: number,
): Uint32Array {
	const pixels = new Uint32Array(width * height);
	const scale = width / (whole.toNs - whole.fromNs);
	const usable = Math.max(1, height - lineHeight);
	const paint = (row: number, colour: number, leastWidth: number, skip: number) => {
		const x0 = Math.min(width - leastWidth, Math.max(0, Math.floor((tree.startNs[row]! - whole.fromNs) * scale)));
		const x1 = Math.min(
			width,
			Math.max(x0 + leastWidth, Math.ceil((tree.startNs[row]! + tree.durationNs[row]! - whole.fromNs) * scale)),
		);
		const y0 = tree.count <= 1 ? 0 : Math.floor((row / (tree.count - 1)) * usable);
		for (let y = y0 + skip; y < Math.min(height, y0 + lineHeight); y++)
			pixels.fill(colour, y * width + x0, y * width + x1);
	};
	for (let row = 0; row < tree.count; row++) paint(row, serviceColours[tree.service[row]!]!, 1, 0);
	for (const row of tree.errorRows) paint(row, errorColour, 2, lineHeight >> 1);
	return pixels;
}

/** How many spans are at work at each pixel of the width: starts and ends are counted, so the cost is spans plus pixels. */
export function concurrency(tree: TraceTree, whole: TimeView, width: number): Uint32Array {
	const changes = new Int32Array(width + 1);
	const scale = width / (whole.toNs - whole.fromNs);
	for (let row = 0; row < tree.count; row++) {
		const x0 = Math.min(width - 1, Math.max(0, Math.floor((tree.startNs[row]! - whole.fromNs) * scale)));
		const x1 = Math.min(
			width,
			Math.max(x0 + 1, Math.ceil((tree.startNs[row]! + tree.durationNs[row]! - whole.fromNs) * scale)),
		);
		changes[x0]!++;
		changes[x1]!--;
	}
	const active = new Uint32Array(width);
	for (let x = 0, now = 0; x < width; x++) {
		now += changes[x]!;
		active[x] = now;
	}
	return active;
}
