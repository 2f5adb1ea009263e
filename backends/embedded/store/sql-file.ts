import { readFileSync } from "node:fs";

/** Text of a file in `store/sql`. */
export function sqlFile(name: string): string {
	return readFileSync(new URL(`./sql/${name}`, import.meta.url), "utf8");
}
