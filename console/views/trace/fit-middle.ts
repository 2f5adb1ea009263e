/** Cuts names in the middle: the start says what kind of thing it is and the end which one, so both must stay. */

/** Never fewer than this many characters are left, however narrow the room. */
const LEAST = 5;

/**
 * The text as it fits into `widthPx`, with `…` in its middle when it does not. `measure` gives a text's width in pixels and must grow with the
 * text; surrogate pairs stay whole.
 */
export function fitMiddle(text: string, widthPx: number, measure: (text: string) => number): string {
	if (measure(text) <= widthPx) return text;
	const characters = Array.from(text.length > 2000 ? `${text.slice(0, 1000)}${text.slice(-1000)}` : text);
	let low = Math.min(LEAST, characters.length);
	let high = characters.length - 1;
	while (low < high) {
		const keep = (low + high + 1) >> 1;
		if (measure(cut(characters, keep)) <= widthPx) low = keep;
		else high = keep - 1;
	}
	return low >= characters.length ? text : cut(characters, low);
}

function cut(characters: string[], keep: number): string {
	const head = Math.ceil(keep * 0.55);
	return `${characters.slice(0, head).join("")}…${characters.slice(characters.length - (keep - head)).join("")}`;
}
