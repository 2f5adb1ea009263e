"use client";
import { useState } from "react";

export interface Reading {
	/** Someone reads further down: the list stands still. */
	paused: boolean;
	/** For `VirtualList.onTop`. */
	onTop: (atTop: boolean) => void;
	/** For the query: no polling while paused. */
	poll: { refetchMs?: false };
}

/** Live lists grow at the top. While one reads further down they wait. */
export function useReading(): Reading {
	const [paused, setPaused] = useState(false);
	return { paused, onTop: (atTop) => setPaused(!atTop), poll: paused ? { refetchMs: false } : {} };
}
