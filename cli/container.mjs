/** The way in of the console's image, where all is built: `node dist/cli/container.mjs`. Settings are environment variables. */
import { fileURLToPath } from "node:url";
import { main } from "./start.js";

try {
	await main(["--no-demo"], fileURLToPath(new URL("../..", import.meta.url)));
} catch (error) {
	process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
	process.exit(1);
}
