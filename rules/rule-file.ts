/** Files of Prometheus' rules, written the way one would by hand. */
import { Document } from "yaml";

export interface Rule {
	record?: string;
	alert?: string;
	expr: string;
	for?: string;
	keep_firing_for?: string;
	labels?: Record<string, string>;
	annotations?: Record<string, string>;
}

export interface RuleGroup {
	name: string;
	interval: string;
	rules: Rule[];
}

/** Where the console is in links; `npm run stack` puts its own place there. */
export const CONSOLE = "http://localhost:3000";

/** YAML with `comment` on top. */
export function ruleFile(comment: string, groups: readonly RuleGroup[]): string {
	const document = new Document({ groups }, { aliasDuplicateObjects: false });
	document.commentBefore = comment
		.split("\n")
		.map((line) => (line === "" ? "" : ` ${line}`))
		.join("\n");
	return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}
