/** The way in of the console's image: all is built, so that it starts at once. Settings are environment variables. */
import { fileURLToPath } from "node:url";
import { main } from "../dist/cli/start.js";

try {
	await main(["--no-demo"], fileURLToPath(new URL("..", import.meta.url)));
} catch (error) {
	process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
	process.exit(1);
}
