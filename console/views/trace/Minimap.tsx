import { useComputedColorScheme } from "@mantine/core";
import { memo, type PointerEvent, useEffect, useMemo, useRef, useState } from "react";
import { formatDuration } from "../../ui/format.ts";
import { servicePaint } from "../../ui/service-color.ts";
import { TOKENS } from "../../ui/theme.ts";
import styles from "./minimap.module.css";
import { concurrency, paintMinimap, parseColour } from "./minimap-pixels.ts";
import { brushView, clampView, isWhole, type TimeView, timeAt } from "./time-view.ts";
import type { TraceTree } from "./trace-tree.ts";

interface MinimapProps {
	tree: TraceTree;
	view: TimeView;
	whole: TimeView;
	markNs: number | null;
	onView: (view: TimeView) => void;
}

const HEIGHT = 44;

type Drag =
	| { kind: "brush"; from: number; to: number }
	| { kind: "move"; grabNs: number; start: TimeView }
	| { kind: "edge"; fixedNs: number };

/** The whole trace in a strip: drag to zoom, drag the window to move it, its edges to widen it, double-click for everything. */
export const Minimap = memo(function Minimap({ tree, view, whole, markNs, onView }: MinimapProps) {
	const box = useRef<HTMLDivElement>(null);
	const [width, setWidth] = useState(0);
	const [drag, setDrag] = useState<Drag | null>(null);
	useEffect(() => {
		const element = box.current;
		if (!element) return;
		const observer = new ResizeObserver(() => setWidth(element.clientWidth));
		observer.observe(element);
		return () => observer.disconnect();
	}, []);

	const x = (ns: number) => ((ns - whole.fromNs) / (whole.toNs - whole.fromNs)) * width;
	const zoomed = !isWhole(view, whole);
	const left = x(view.fromNs);
	const right = x(view.toNs);
	const pixel = (event: PointerEvent<HTMLElement>) =>
		Math.min(width, Math.max(0, event.clientX - event.currentTarget.getBoundingClientRect().left));

	const begin = (event: PointerEvent<HTMLElement>) => {
		if (event.button !== 0) return;
		event.currentTarget.setPointerCapture(event.pointerId);
		const px = pixel(event);
		if (zoomed && Math.abs(px - left) < 5) setDrag({ kind: "edge", fixedNs: view.toNs });
		else if (zoomed && Math.abs(px - right) < 5) setDrag({ kind: "edge", fixedNs: view.fromNs });
		else if (zoomed && px > left && px < right && right - left < width * 0.9)
			setDrag({ kind: "move", grabNs: timeAt(whole, px, width), start: view });
		else setDrag({ kind: "brush", from: px, to: px });
	};
	const move = (event: PointerEvent<HTMLElement>) => {
		if (!drag) return;
		const px = pixel(event);
		const ns = timeAt(whole, px, width);
		if (drag.kind === "brush") setDrag({ ...drag, to: px });
		else if (drag.kind === "edge")
			onView(clampView({ fromNs: Math.min(drag.fixedNs, ns), toNs: Math.max(drag.fixedNs, ns) }, whole));
		else {
			const by = ns - drag.grabNs;
			onView(clampView({ fromNs: drag.start.fromNs + by, toNs: drag.start.toNs + by }, whole));
		}
	};
	const end = (event: PointerEvent<HTMLElement>) => {
		const next = drag?.kind === "brush" ? brushView(whole, whole, drag.from, pixel(event), width) : null;
		setDrag(null);
		if (next) onView(next);
	};

	return (
		<div
			ref={box}
			className={styles.minimap}
			data-testid="minimap"
			role="img"
			aria-label="The whole trace; drag to zoom"
			title="Drag to zoom, double-click for the whole trace"
			onPointerDown={begin}
			onPointerMove={move}
			onPointerUp={end}
			onPointerCancel={() => setDrag(null)}
			onDoubleClick={() => onView(whole)}
		>
			<Picture tree={tree} whole={whole} width={width} />
			{zoomed && (
				<>
					<span className={styles.shade} style={{ left: 0, width: Math.max(0, left) }} />
					<span className={styles.shade} style={{ left: right, right: 0 }} />
					<span
						className={styles.window}
						style={{ left, width: Math.max(2, right - left) }}
						data-testid="minimap-window"
					/>
				</>
			)}
			{drag?.kind === "brush" && (
				<span
					className={styles.brush}
					style={{ left: Math.min(drag.from, drag.to), width: Math.abs(drag.to - drag.from) }}
				/>
			)}
			{markNs !== null && <span className={styles.minimapMark} style={{ left: x(markNs) }} />}
			<span className={styles.minimapFrom}>{whole.fromNs === 0 ? "0" : formatDuration(whole.fromNs)}</span>
			<span className={styles.minimapTo}>
				{zoomed && `${formatDuration(view.toNs - view.fromNs)} of `}
				{formatDuration(whole.toNs - whole.fromNs)}
			</span>
		</div>
	);
});

/** Painted when the trace, the width or the scheme changes; never while brushing. */
const Picture = memo(function Picture({ tree, whole, width }: { tree: TraceTree; whole: TimeView; width: number }) {
	const canvas = useRef<HTMLCanvasElement>(null);
	const scheme = useComputedColorScheme("light");
	const colours = useMemo(
		() => Uint32Array.from(tree.services, (service) => parseColour(servicePaint(service, scheme))),
		[tree.services, scheme],
	);
	useEffect(() => {
		const context = canvas.current?.getContext("2d");
		if (!context || !canvas.current || width <= 0) return;
		const dense = Math.min(2, window.devicePixelRatio || 1);
		const across = Math.round(width * dense);
		const down = Math.round(HEIGHT * dense);
		canvas.current.width = across;
		canvas.current.height = down;
		const active = concurrency(tree, whole, across);
		let most = 1;
		for (const count of active) most = Math.max(most, count);
		context.fillStyle = TOKENS[scheme].line;
		context.beginPath();
		context.moveTo(0, down);
		for (let i = 0; i < across; i++) context.lineTo(i, down - Math.round(Math.sqrt(active[i]! / most) * (down - 2)));
		context.lineTo(across, down);
		context.fill();
		const line = Math.max(1, Math.min(3, Math.floor(HEIGHT / Math.max(1, tree.count) - 0.5))) * Math.ceil(dense);
		const pixels = paintMinimap(tree, whole, across, down, colours, parseColour(TOKENS[scheme].error), line);
		const layer = new OffscreenCanvas(across, down);
		layer
			.getContext("2d")
			?.putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer as ArrayBuffer), across, down), 0, 0);
		context.drawImage(layer, 0, 0);
	}, [tree, whole, width, scheme, colours]);
	return <canvas ref={canvas} className={styles.minimapCanvas} style={{ width, height: HEIGHT }} />;
});
