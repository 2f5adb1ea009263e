/** The icons, drawn on a 16-unit grid with a 1.5-unit stroke, so that they sit with 12 to 13 px type. */
import type { SVGProps } from "react";

const PATHS = {
	overview: "M2.5 9.5h3l2-5.5 3 8.5 1.5-3h1.5",
	traces: "M2 3.5h7M5 8h8M8 12.5h6",
	services: "M8 1.8l5.4 3.1v6.2L8 14.2l-5.4-3.1V4.900zM2.800 5 8 8l5.200-3M8 8v6",
	topology:
		"M8 5.300V7.500M8 7.500 4.300 10.300M8 7.500l3.700 2.800M8 1.700a1.800 1.800 0 1 1 0 3.600 1.800 1.800 0 0 1 0-3.600M3.300 10.400a1.800 1.800 0 1 1 0 3.600 1.800 1.800 0 0 1 0-3.600M12.700 10.400a1.800 1.800 0 1 1 0 3.600 1.800 1.800 0 0 1 0-3.600",
	logs: "M2.500 3.500h11M2.500 6.500h7M2.500 9.500h9M2.500 12.500h5",
	status: "M1.800 8a6.200 6.200 0 1 1 12.400 0M8 9.500l2.800-3.800M3.500 12.500h9",
	incidents: "M4 11.500V7a4 4 0 0 1 8 0v4.500M2.500 11.500h11M7 14h2M8 1.500V3",
	search: "M7 2.500a4.500 4.500 0 1 1 0 9 4.500 4.500 0 0 1 0-9M10.300 10.300l3.200 3.200",
	clock: "M8 1.800a6.200 6.200 0 1 1 0 12.400A6.200 6.200 0 0 1 8 1.800M8 4.500V8l2.300 1.500",
	refresh: "M13.500 8a5.500 5.500 0 1 1-1.600-3.900M13.500 2v3h-3",
	pause: "M5.500 3.500v9M10.500 3.500v9",
	copy: "M5.500 5.500h7a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-7a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1M2.500 10V3.500a1 1 0 0 1 1-1H10",
	check: "M3 8.500l3.300 3.300L13 5",
	cross: "M4 4l8 8M12 4l-8 8",
	right: "M6 3.500 10.500 8 6 12.500",
	left: "M10 3.500 5.500 8l4.500 4.500",
	down: "M3.500 6 8 10.500 12.500 6",
	up: "M3.500 10 8 5.500l4.500 4.500",
	arrow: "M3 8h10M9 4l4 4-4 4",
	error: "M8 1.800a6.200 6.200 0 1 1 0 12.400A6.200 6.200 0 0 1 8 1.800M8 4.800v3.700M8 11v.200",
	warn: "M8 2.300 14.200 13H1.800zM8 6.500v3M8 11.200v.100",
	sun: "M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6M8 1.500v1M8 13.500v1M1.500 8h1M13.500 8h1M3.400 3.400l.7.7M11.900 11.900l.7.7M3.400 12.600l.7-.7M11.900 4.100l.7-.7",
	moon: "M13.500 9.700A6 6 0 0 1 6.300 2.500a6 6 0 1 0 7.200 7.200",
	keyboard: "M2 4h12v8H2zM4.500 6.500h.100M7 6.500h.100M9.500 6.500h.100M12 6.500h-.100M5 9.500h6",
	filter: "M2 3h12l-4.700 5.600V13l-2.600-1.500V8.600z",
	external: "M6.500 3.500h-3v9h9v-3M9 2.500h4.500V7M13.500 2.500 7.500 8.500",
	play: "M4.500 2.800 12.500 8l-8 5.200z",
	trash: "M2.500 4h11M6 4V2.500h4V4M4 4l.6 9.500h6.800L12 4M6.700 6.700v4M9.300 6.700v4",
	upload: "M8 10.500V2.500M4.800 5.500 8 2.300l3.200 3.200M2.500 10.500v3h11v-3",
	more: "M3.500 8h.100M8 8h.100M12.500 8h.100",
	bolt: "M9 1.500 3.500 9H8l-1 5.500L12.500 7H8z",
	link: "M6.500 9.500l3-3M7 4.500l1.500-1.500a2.800 2.800 0 0 1 4 4L11 8.500M9 11.500 7.500 13a2.800 2.800 0 0 1-4-4L5 7.500",
	eye: "M1.500 8S4 3.500 8 3.500 14.500 8 14.500 8 12 12.500 8 12.500 1.500 8 1.500 8M8 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4",
} as const;

export type IconName = keyof typeof PATHS;

export interface IconProps extends Omit<SVGProps<SVGSVGElement>, "name"> {
	name: IconName;
	/** Pixels; 16 when absent. */
	size?: number;
}

export function Icon({ name, size = 16, ...props }: IconProps) {
	return (
		<svg
			width={size}
			height={size}
			viewBox="0 0 16 16"
			fill="none"
			stroke="currentColor"
			strokeWidth={1.5}
			strokeLinecap="round"
			strokeLinejoin="round"
			aria-hidden="true"
			focusable="false"
			{...props}
		>
			<path d={PATHS[name]} />
		</svg>
	);
}

/** The mark: a ring on three legs. */
export function Mark({ size = 22 }: { size?: number }) {
	return (
		<svg width={size} height={size} viewBox="0 0 24 24" fill="none" aria-hidden="true" focusable="false">
			<circle cx="12" cy="11" r="6.2" stroke="currentColor" strokeWidth="2" />
			<path
				d="M12 4.800V1.500M6.600 14.100 3.400 19.500M17.400 14.100l3.200 5.400"
				stroke="currentColor"
				strokeWidth="2"
				strokeLinecap="round"
			/>
			<circle cx="12" cy="11" r="2.100" fill="var(--accent)" />
		</svg>
	);
}
