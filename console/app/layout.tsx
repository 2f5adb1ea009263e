import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "@mantine/core/styles.layer.css";
import "../ui/base.css";
import { ColorSchemeScript, mantineHtmlProps } from "@mantine/core";
import type { Metadata, Viewport } from "next";
import { type ReactNode, Suspense } from "react";
import { Providers } from "../views/shell/Providers.tsx";
import { Shell } from "../views/shell/Shell.tsx";

export const metadata: Metadata = {
	title: { default: "Trivet", template: "%s · Trivet" },
	description: "Logs, metrics and traces on three legs, tied by the trace ID.",
};

export const viewport: Viewport = {
	width: "device-width",
	initialScale: 1,
	themeColor: [
		{ media: "(prefers-color-scheme: light)", color: "#f6f7f9" },
		{ media: "(prefers-color-scheme: dark)", color: "#0b0d11" },
	],
};

export default function RootLayout({ children }: { children: ReactNode }) {
	return (
		<html lang="en" {...mantineHtmlProps}>
			<head>
				<ColorSchemeScript defaultColorScheme="auto" />
			</head>
			<body>
				<Providers>
					<Suspense>
						<Shell>{children}</Shell>
					</Suspense>
				</Providers>
			</body>
		</html>
	);
}
