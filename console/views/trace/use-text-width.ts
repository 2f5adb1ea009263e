import { type RefObject, useEffect, useMemo, useRef, useState } from "react";

const REMEMBERED = 20_000;

/** Widths in pixels of regular and of bold text. */
export type MeasureText = (text: string, bold?: boolean) => number;

/** Measures text as the element's font draws it, without layout: a canvas and a bounded memory. Guesses until the font is known. */
export function useTextWidth(element: RefObject<HTMLElement | null>): MeasureText {
	const [font, setFont] = useState<{ regular: string; bold: string } | null>(null);
	const context = useRef<CanvasRenderingContext2D | null>(null);
	useEffect(() => {
		const read = () => {
			if (!element.current) return;
			const { fontSize, fontFamily } = getComputedStyle(element.current);
			context.current ??= document.createElement("canvas").getContext("2d");
			setFont({ regular: `400 ${fontSize} ${fontFamily}`, bold: `600 ${fontSize} ${fontFamily}` });
		};
		read();
		// Web fonts arrive late and are of another width.
		document.fonts?.ready.then(read, () => undefined);
	}, [element]);
	return useMemo(() => {
		const known = new Map<string, number>();
		return (text, bold = false) => {
			const key = bold ? `*${text}` : ` ${text}`;
			const remembered = known.get(key);
			if (remembered !== undefined) return remembered;
			let width = text.length * 6.8;
			if (font !== null && context.current) {
				context.current.font = bold ? font.bold : font.regular;
				width = context.current.measureText(text).width;
			}
			if (known.size >= REMEMBERED) known.clear();
			known.set(key, width);
			return width;
		};
	}, [font]);
}
