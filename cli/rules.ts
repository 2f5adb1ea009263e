/** `npm run rules`: writes Prometheus' rules that are made from slo.yaml and from core's RED profiles. `--check` only says whether they are fresh. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedRules } from "../rules/generated-rules.ts";

export async function main(args: string[], root: string): Promise<void> {
	const unknown = args.find((arg) => arg !== "--check");
	if (unknown !== undefined) throw new Error(`${unknown} is not understood: npm run rules [-- --check]`);
	for (const { path, text } of generatedRules(root)) {
		const fresh = readOrEmpty(join(root, path)) === text;
		if (args.length === 0 && !fresh) writeFileSync(join(root, path), text);
		if (args.length > 0 && !fresh) process.exitCode = 1;
		process.stdout.write(`${path}: ${fresh ? "fresh" : args.length > 0 ? "stale, run `npm run rules`" : "written"}\n`);
	}
}

function readOrEmpty(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return "";
	}
}
