"use client";
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import { type ReactNode, useState } from "react";
import { retryApi } from "../../client/queries.ts";
import { cssVariables, theme } from "../../ui/theme.ts";

/** Theme, data and URL state for every page. */
export function Providers({ children }: { children: ReactNode }) {
	const [client] = useState(
		() =>
			new QueryClient({
				defaultOptions: { queries: { retry: retryApi, staleTime: 1_000, refetchOnWindowFocus: true } },
			}),
	);
	return (
		<MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
			<QueryClientProvider client={client}>
				<NuqsAdapter>{children}</NuqsAdapter>
			</QueryClientProvider>
		</MantineProvider>
	);
}
