"use client";
/** A link that keeps the time range, the refresh and the demo switch: every page looks at the same window. */
import NextLink from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { type ComponentProps, useCallback } from "react";
import { CARRIED } from "../client/time-range.ts";

/** `href` with the carried parameters of `current` added, unless `href` says otherwise itself. */
export function carry(href: string, current: URLSearchParams): string {
	const [path = "", search = ""] = href.split("?");
	const params = new URLSearchParams(search);
	for (const name of CARRIED) {
		const value = current.get(name);
		if (value !== null && !params.has(name)) params.set(name, value);
	}
	const text = params.toString();
	return text === "" ? path : `${path}?${text}`;
}

export interface LinkProps extends Omit<ComponentProps<typeof NextLink>, "href"> {
	href: string;
}

export function Link({ href, prefetch = false, ...props }: LinkProps) {
	const current = useSearchParams();
	return <NextLink href={carry(href, current)} prefetch={prefetch} {...props} />;
}

/** For what is not a link in the page (chart points, keys): goes to `href` with the same carried parameters. */
export function useNavigate(): (href: string) => void {
	const router = useRouter();
	const current = useSearchParams();
	return useCallback((href: string) => router.push(carry(href, current)), [router, current]);
}

export const traceHref = (traceId: string, spanId?: string | null) =>
	`/trace/${encodeURIComponent(traceId)}${spanId ? `?span=${spanId}` : ""}`;
export const serviceHref = (service: string) => `/services/${encodeURIComponent(service)}`;
