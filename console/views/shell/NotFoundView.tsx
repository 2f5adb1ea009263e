"use client";
import { usePathname } from "next/navigation";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Link } from "../../ui/Link.tsx";

/** An address that is no page: says which, and what might have been meant. */
export function NotFoundView() {
	const pathname = usePathname();
	return (
		<EmptyState title={`There is no page at ${pathname}`}>
			<p>
				Paste a trace ID, a request ID or a service's name into the search above (press <kbd>/</kbd>), or start from the{" "}
				<Link href="/">overview</Link>, the <Link href="/traces">traces</Link> or the <Link href="/logs">logs</Link>.
			</p>
		</EmptyState>
	);
}
