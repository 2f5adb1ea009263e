import { type RefObject, useCallback, useEffect, useRef, useState } from "react";

const REMEMBERED = 20_000;

/** Measures text as the element's font draws it, without layout: a canvas and a bounded memory. Guesses until the font is known. */
export function useTextWidth(element: RefObject<HTMLElement | null>): (text: string) => number {
	const [font, setFont] = useState<string | null>(null);
	const context = useRef<CanvasRenderingContext2D | null>(null);
	const known = useRef(new Map<string, number>());
	useEffect(() => {
		const read = () => {
			if (!element.current) return;
			const { fontSize, fontFamily } = getComputedStyle(element.current);
			context.current ??= document.createElement("canvas").getContext("2d");
			if (context.current) context.current.font = `${fontSize} ${fontFamily}`;
			known.current.clear();
			setFont(`${fontSize} ${fontFamily} ${performance.now()}`);
		};
		read();
		// Web fonts arrive late and are of another width.
		document.fonts?.ready.then(read, () => undefined);
	}, [element]);
	return useCallback(
		(text) => {
			const remembered = known.current.get(text);
			if (remembered !== undefined) return remembered;
			const width = font === null || !context.current ? text.length * 6.6 : context.current.measureText(text).width;
			if (known.current.size >= REMEMBERED) known.current.clear();
			known.current.set(text, width);
			return width;
		},
		[font],
	);
}
