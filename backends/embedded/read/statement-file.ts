/** SQL lives in `.sql` files. What varies in a statement's shape stands in braces and is filled from code here; values are always bound. */
import { readFileSync } from "node:fs";

const texts = new Map<string, string>();

/**
 * The statement in `folder/sql/<name>.sql` with its `{parts}` filled in. `folder` is the caller's `import.meta.url`. Throws when a
 * part has no text or a text no part, so that the two cannot drift apart.
 */
export function statement(folder: string, name: string, parts: Readonly<Record<string, string>> = {}): string {
	const url = new URL(`./sql/${name}.sql`, folder).href;
	let text = texts.get(url);
	if (text === undefined) {
		// Comments go first: a brace in one is no part.
		text = readFileSync(new URL(url), "utf8").replace(/^\s*--.*$/gm, "");
		texts.set(url, text);
	}
	const unused = new Set(Object.keys(parts));
	const filled = text.replace(/\{(\w+)\}/g, (_, part: string) => {
		const value = parts[part];
		if (value === undefined) throw new Error(`${name}.sql needs the part {${part}}`);
		unused.delete(part);
		return value;
	});
	if (unused.size > 0) throw new Error(`${name}.sql has no part {${[...unused].join("}, {")}}`);
	return filled;
}
