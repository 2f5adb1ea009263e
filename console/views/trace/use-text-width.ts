import { type RefObject, useEffect, useMemo, useState } from "react";

/** Characters remembered. */
const REMEMBERED = 5000;
const GUESS_PX = 6.8;

/** Widths in pixels of regular and of bold text. */
export type MeasureText = (text: string, bold?: boolean) => number;

/**
 * Measures text as the element's font draws it, without layout: each character once on a canvas, and then by adding up. (Kerning is left out: less
 * than a pixel in a name's length.) Guesses until the font is known.
 */
export function useTextWidth(element: RefObject<HTMLElement | null>): MeasureText {
	const [font, setFont] = useState<string | null>(null);
	useEffect(() => {
		const read = () => {
			if (!element.current) return;
			const { fontSize, fontFamily } = getComputedStyle(element.current);
			setFont(`${fontSize} ${fontFamily}`);
		};
		read();
		// Web fonts arrive late and are of another width.
		document.fonts?.ready.then(
			() => setFont((now) => now && `${now} `),
			() => undefined,
		);
	}, [element]);
	return useMemo(() => {
		const context = font === null ? null : document.createElement("canvas").getContext("2d");
		if (!context) return (text) => text.length * GUESS_PX;
		const known = { regular: new Map<string, number>(), bold: new Map<string, number>() };
		return (text, bold = false) => {
			const widths = bold ? known.bold : known.regular;
			let sum = 0;
			for (const character of text) {
				let width = widths.get(character);
				if (width === undefined) {
					context.font = `${bold ? 600 : 400} ${font}`;
					width = context.measureText(character).width;
					if (widths.size >= REMEMBERED) widths.clear();
					widths.set(character, width);
				}
				sum += width;
			}
			return sum;
		};
	}, [font]);
}
