import type { KnownDifferences } from "../conformance.ts";

/** Where the engines cannot do what the kit asks, and why: ten at most, by the sentence of the case. */
export const knownDifferences: KnownDifferences = {};
