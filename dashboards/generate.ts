/** `npm run dashboards`: writes the boards' JSON, a picture of each one's layout, and the table in the docs. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Board } from "./board.ts";
import { boards } from "./boards.ts";
import { drawLayout } from "./layout-svg.ts";

const DOCS = "docs/dashboards.md";
const [BEGIN, END] = ["<!-- boards: written by npm run dashboards -->", "<!-- /boards -->"];

export function main(_args: readonly string[], root: string): void {
	for (const [path, content] of generated(readFileSync(join(root, DOCS), "utf8"))) {
		mkdirSync(dirname(join(root, path)), { recursive: true });
		writeFileSync(join(root, path), content);
		process.stdout.write(`  ${path}\n`);
	}
}

/** Paths from the repository's root to what the files hold. `docs` is the page as it is. */
export function generated(docs: string): Map<string, string> {
	const files = new Map<string, string>();
	const all = boards();
	for (const { spec, json } of all) {
		files.set(`dashboards/${spec.uid}.json`, `${JSON.stringify(json, null, 2)}\n`);
		files.set(`docs/dashboards/${spec.uid}.svg`, drawLayout(json));
	}
	files.set(DOCS, withTable(docs, all));
	return files;
}

function withTable(docs: string, all: readonly Board[]): string {
	const [from, to] = [docs.indexOf(BEGIN), docs.indexOf(END)];
	if (from < 0 || to < from) throw new Error(`${DOCS} has lost the lines "${BEGIN}" and "${END}".`);
	const lines = all.map(({ spec, json }) => {
		const file = `[\`${spec.uid}.json\`](../dashboards/${spec.uid}.json)`;
		return `| [${spec.title.replace("Trivet / ", "")}](#${spec.uid}) | ${spec.description} | ${spec.needs} | ${file}, ${countPanels(json)} panels |`;
	});
	const pictures = all.map(({ spec }) => `### ${spec.uid}\n\n![Layout of ${spec.title}](dashboards/${spec.uid}.svg)`);
	const table = ["| board | shows | needs | file |", "| --- | --- | --- | --- |", ...lines].join("\n");
	return `${docs.slice(0, from)}${BEGIN}\n\n${table}\n\n${pictures.join("\n\n")}\n\n${docs.slice(to)}`;
}

function countPanels({ panels = [] }: Board["json"]): number {
	return panels.filter(({ type }) => type !== "row").length;
}
