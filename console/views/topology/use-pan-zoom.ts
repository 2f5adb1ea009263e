/** Panning by drag and arrow keys, zooming by wheel, pinch, + and -, around the pointer. */
import { type KeyboardEvent, type PointerEvent, useCallback, useEffect, useRef, useState } from "react";

export interface View {
	x: number;
	y: number;
	scale: number;
}

const MIN_SCALE = 0.1;
const MAX_SCALE = 3;
const PAN_PX = 60;

export function zoomAt(view: View, factor: number, x: number, y: number): View {
	const scale = Math.min(MAX_SCALE, Math.max(MIN_SCALE, view.scale * factor));
	const ratio = scale / view.scale;
	return { scale, x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio };
}

/** Smaller than this the names cannot be read: then the beginning is shown and the rest is a drag away. */
const MIN_FIT = 0.7;
const MAX_FIT = 1.2;

/** The whole of the content, centred, as far as it stays legible; a small graph is drawn a little larger, not to the walls. */
export function fitView(content: { width: number; height: number }, frame: { width: number; height: number }): View {
	if (content.width === 0 || content.height === 0) return { x: 0, y: 0, scale: 1 };
	const whole = Math.min(frame.width / content.width, frame.height / content.height);
	const scale = Math.min(MAX_FIT, Math.max(MIN_FIT, whole));
	const place = (room: number, size: number) => Math.max(0, (room - size * scale) / 2);
	return { scale, x: place(frame.width, content.width), y: place(frame.height, content.height) };
}

export function usePanZoom(content: { width: number; height: number } | null) {
	const frame = useRef<SVGSVGElement | null>(null);
	const [view, setView] = useState<View>({ x: 0, y: 0, scale: 1 });
	/** Once someone has moved the view it stays where it is, whatever arrives. */
	const moved = useRef(false);
	const drag = useRef<{ x: number; y: number } | null>(null);

	const fit = useCallback(() => {
		const box = frame.current?.getBoundingClientRect();
		if (box && content) setView(fitView(content, box));
	}, [content]);

	useEffect(() => {
		if (!moved.current) fit();
	}, [fit]);

	useEffect(() => {
		const svg = frame.current;
		if (!svg) return;
		const observer = new ResizeObserver(() => {
			if (!moved.current) fit();
		});
		observer.observe(svg);
		// React's wheel handlers are passive: the page would scroll along.
		const wheel = (event: WheelEvent): void => {
			event.preventDefault();
			moved.current = true;
			const box = svg.getBoundingClientRect();
			const factor = Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015));
			setView((before) => zoomAt(before, factor, event.clientX - box.left, event.clientY - box.top));
		};
		svg.addEventListener("wheel", wheel, { passive: false });
		return () => {
			observer.disconnect();
			svg.removeEventListener("wheel", wheel);
		};
	}, [fit]);

	const zoom = (factor: number): void => {
		const box = frame.current?.getBoundingClientRect();
		moved.current = true;
		if (box) setView((before) => zoomAt(before, factor, box.width / 2, box.height / 2));
	};
	const reset = (): void => {
		moved.current = false;
		fit();
	};

	return {
		frame,
		view,
		zoom,
		reset,
		handlers: {
			onPointerDown: (event: PointerEvent) => {
				if (event.button === 0) drag.current = { x: event.clientX, y: event.clientY };
			},
			onPointerMove: (event: PointerEvent<SVGSVGElement>) => {
				const from = drag.current;
				if (!from) return;
				const dx = event.clientX - from.x;
				const dy = event.clientY - from.y;
				if (!moved.current && Math.hypot(dx, dy) < 4) return;
				moved.current = true;
				if (!event.currentTarget.hasPointerCapture(event.pointerId))
					event.currentTarget.setPointerCapture(event.pointerId);
				drag.current = { x: event.clientX, y: event.clientY };
				setView((before) => ({ ...before, x: before.x + dx, y: before.y + dy }));
			},
			onPointerUp: () => {
				drag.current = null;
			},
			onKeyDown: (event: KeyboardEvent) => {
				const pan: Record<string, [number, number]> = {
					ArrowLeft: [PAN_PX, 0],
					ArrowRight: [-PAN_PX, 0],
					ArrowUp: [0, PAN_PX],
					ArrowDown: [0, -PAN_PX],
				};
				const step = pan[event.key];
				if (step) {
					moved.current = true;
					setView((before) => ({ ...before, x: before.x + step[0], y: before.y + step[1] }));
				} else if (event.key === "+" || event.key === "=") zoom(1.25);
				else if (event.key === "-") zoom(0.8);
				else if (event.key === "0") reset();
				else return;
				event.preventDefault();
			},
		},
	};
}
