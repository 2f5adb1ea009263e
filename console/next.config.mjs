import { fileURLToPath } from "node:url";

/** A server whose API the pages should use, e.g. http://localhost:3000: only for `next dev`, in production one process serves both. */
const apiProxy = process.env.TRIVET_API_PROXY;
const developing = process.env.NODE_ENV === "development";

/** Scripts and styles may be inline (Next's bootstrap, Mantine's variables), but nothing is ever loaded from or sent to elsewhere. */
const contentSecurityPolicy = [
	"default-src 'self'",
	`script-src 'self' 'unsafe-inline'${developing ? " 'unsafe-eval'" : ""}`,
	"style-src 'self' 'unsafe-inline'",
	"img-src 'self' data: blob:",
	"font-src 'self'",
	`connect-src 'self'${developing ? " ws:" : ""}`,
	"object-src 'none'",
	"base-uri 'none'",
	"form-action 'self'",
	"frame-ancestors 'none'",
].join("; ");

/** @type {import("next").NextConfig} */
const config = {
	reactStrictMode: true,
	poweredByHeader: false,
	devIndicators: false,
	// `npm test` checks the types; a newcomer's first start need not.
	typescript: { ignoreBuildErrors: true },
	// Lets several builds of one tree live side by side (`node_modules/.cache/NAME`).
	distDir: process.env.TRIVET_CONSOLE_BUILD ?? ".next",
	// The pages import ../core, so the root is the repository.
	turbopack: { root: fileURLToPath(new URL("..", import.meta.url)) },
	experimental: { optimizePackageImports: ["@mantine/core", "@mantine/hooks"] },
	async headers() {
		return [
			{
				source: "/:path*",
				headers: [
					{ key: "Content-Security-Policy", value: contentSecurityPolicy },
					{ key: "X-Content-Type-Options", value: "nosniff" },
					{ key: "Referrer-Policy", value: "same-origin" },
				],
			},
		];
	},
	async rewrites() {
		return apiProxy ? [{ source: "/api/:path*", destination: `${apiProxy}/api/:path*` }] : [];
	},
};

export default config;
