/** Where the public data sets are, if they are: `TRIVET_SHARED_DATA`, else `../shared/data` beside the repository. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Folder of one data set, or null (with the reason printed once) where the machine does not have it. */
export function dataSet(name: string): string | null {
	const root = process.env.TRIVET_SHARED_DATA ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));
	const folder = `${root}/${name}`;
	if (existsSync(folder)) return folder;
	console.warn(`skipped: no data set at ${folder} (set TRIVET_SHARED_DATA to the folder that holds ${name}/)`);
	return null;
}
