import { defineConfig } from "vitest/config";

/** Files side by side in forks: most tests start real processes and take free ports, so they do not meet. */
export default defineConfig({
	test: {
		include: ["**/*.test.ts"],
		exclude: ["**/node_modules/**", "**/dist/**", "**/.next/**"],
		pool: "forks",
		maxWorkers: 2,
		testTimeout: 120_000,
		hookTimeout: 300_000,
	},
});
