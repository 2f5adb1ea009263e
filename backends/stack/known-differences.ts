import type { KnownDifferences } from "../conformance.ts";

/** Where the engines cannot do what the kit asks, and why: ten at most, by the sentence of the case. */
export const knownDifferences: KnownDifferences = {
	"an attribute key of log lines is offered as it was sent": {
		reason: "Loki keeps attribute names with underscores for dots; only well-known names can be put back",
	},
};
