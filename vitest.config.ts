import { defineConfig } from "vitest/config";

/** `npm test` runs those that need the real engines by themselves, when these are built; plain `vitest` runs all. */
const ON_ENGINES = "**/*.engines.test.ts";
const part = process.env.TRIVET_TEST_PART;

/** Files side by side in forks: most tests start real processes and take free ports, so they do not meet. */
export default defineConfig({
	test: {
		include: [part === "engines" ? ON_ENGINES : "**/*.test.ts"],
		exclude: ["**/node_modules/**", "**/dist/**", "**/.next/**", ...(part === "here" ? [ON_ENGINES] : [])],
		pool: "forks",
		maxWorkers: 2,
		// Conditions are waited for; on a slow machine they take long.
		testTimeout: 240_000,
		hookTimeout: 600_000,
		expect: { poll: { timeout: 60_000 } },
	},
});
