/** The files of collector-config/prometheus-rules/ that are generated, as they should be. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readObjectives } from "./objectives.ts";
import { redFile } from "./red-rules.ts";
import { sloFile } from "./slo-rules.ts";

/** Reads slo.yaml below `root`; throws InvalidInput when it does not fit. */
export function generatedRules(root: string): { path: string; text: string }[] {
	const objectives = readObjectives(readFileSync(join(root, "slo.yaml"), "utf8"));
	return [
		{ path: "collector-config/prometheus-rules/red.yml", text: redFile() },
		{ path: "collector-config/prometheus-rules/slo.yml", text: sloFile(objectives) },
	];
}
