import { useRef } from "react";
import styles from "./trace.module.css";

interface SplitterProps {
	/** `x`: a vertical bar moved sideways. */
	axis: "x" | "y";
	label: string;
	className?: string;
	/** Size of the panel it changes, in pixels. */
	at: number;
	onMove: (px: number) => void;
	/** The panel lies after the splitter: moving towards the start makes it larger. */
	inverted?: boolean;
}

/** The edge between two panels: drag it, or focus it and use the arrow keys. */
export function Splitter({ axis, label, className, at, onMove, inverted = false }: SplitterProps) {
	const start = useRef<{ pointer: number; at: number } | null>(null);
	const sign = inverted ? -1 : 1;
	return (
		// biome-ignore lint/a11y/useSemanticElements: an <hr> cannot be focused or dragged.
		<div
			role="separator"
			tabIndex={0}
			aria-label={label}
			aria-orientation={axis === "x" ? "vertical" : "horizontal"}
			aria-valuenow={Math.round(at)}
			className={`${styles.splitter} ${className ?? ""}`}
			data-axis={axis}
			onPointerDown={(event) => {
				event.preventDefault();
				event.currentTarget.setPointerCapture(event.pointerId);
				start.current = { pointer: axis === "x" ? event.clientX : event.clientY, at };
			}}
			onPointerMove={(event) => {
				if (start.current === null) return;
				const now = axis === "x" ? event.clientX : event.clientY;
				onMove(start.current.at + sign * (now - start.current.pointer));
			}}
			onPointerUp={() => {
				start.current = null;
			}}
			onPointerCancel={() => {
				start.current = null;
			}}
			onKeyDown={(event) => {
				const back = axis === "x" ? "ArrowLeft" : "ArrowUp";
				const forth = axis === "x" ? "ArrowRight" : "ArrowDown";
				if (event.key !== back && event.key !== forth) return;
				event.preventDefault();
				event.stopPropagation();
				onMove(at + sign * (event.key === forth ? 16 : -16));
			}}
		/>
	);
}
