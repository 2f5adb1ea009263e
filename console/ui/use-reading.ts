"use client";
import { type InfiniteData, useQueryClient } from "@tanstack/react-query";
import { type RefObject, useRef, useState } from "react";

export interface Reading {
	/** Someone reads further down: the list stands still. */
	paused: boolean;
	/** For `VirtualList.scroller`. */
	scroller: RefObject<HTMLDivElement | null>;
	/** Back to the top, to follow again. */
	follow: () => void;
	/** For `VirtualList.onTop`. */
	onTop: (atTop: boolean) => void;
	/** For the query: no polling while paused. */
	poll: { refetchMs?: false };
}

/**
 * Live lists grow at the top. While one reads further down they wait; back at the top only the first page is kept, so that
 * following costs one request, however far one has read. `key` is the first part of the list's query key.
 */
export function useReading(key: string): Reading {
	const client = useQueryClient();
	const scroller = useRef<HTMLDivElement>(null);
	const [paused, setPaused] = useState(false);
	const onTop = (atTop: boolean) => {
		if (atTop !== paused) return;
		if (atTop) client.setQueriesData<InfiniteData<unknown>>({ queryKey: [key], type: "active" }, firstPage);
		setPaused(!atTop);
	};
	const follow = () => scroller.current?.scrollTo({ top: 0 });
	return { paused, scroller, follow, onTop, poll: paused ? { refetchMs: false } : {} };
}

function firstPage(data: InfiniteData<unknown> | undefined): InfiniteData<unknown> | undefined {
	return data && { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) };
}
