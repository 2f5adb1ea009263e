"use client";
import { useSyncExternalStore } from "react";
import { type Scheme, servicePaint } from "./service-color.ts";
import { TOKENS, type Token } from "./theme.ts";

/** Concrete colours for canvases, in the scheme the page shows; a new object whenever the scheme changes. */
export interface Paint {
	scheme: Scheme;
	token(name: Token): string;
	service(name: string): string;
}

const ATTRIBUTE = "data-mantine-color-scheme";
const paints: Record<Scheme, Paint> = { light: paint("light"), dark: paint("dark") };

function paint(scheme: Scheme): Paint {
	return { scheme, token: (name) => TOKENS[scheme][name], service: (name) => servicePaint(name, scheme) };
}

export function usePaint(): Paint {
	return paints[useSyncExternalStore(subscribe, current, () => "light" as const)];
}

function current(): Scheme {
	return document.documentElement.getAttribute(ATTRIBUTE) === "dark" ? "dark" : "light";
}

function subscribe(listener: () => void): () => void {
	const observer = new MutationObserver(listener);
	observer.observe(document.documentElement, { attributeFilter: [ATTRIBUTE] });
	return () => observer.disconnect();
}
