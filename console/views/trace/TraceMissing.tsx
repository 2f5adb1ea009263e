import { Button, Loader } from "@mantine/core";
import { ApiError } from "../../client/fetch-json.ts";
import { Link } from "../../ui/Link.tsx";
import styles from "./missing.module.css";

/** While looking. After a first 404 it says what it is waiting for: exporters send every few seconds, so a fresh trace may be on its way. */
export function TraceLoading({ id, waitingFor, tries }: { id: string; waitingFor: Error | null; tries: number }) {
	const missing = waitingFor instanceof ApiError && waitingFor.status === 404;
	return (
		<div className={styles.missing} data-testid="trace-loading">
			<Loader size="sm" />
			<h1>{missing ? "Not here yet" : "Looking it up"}</h1>
			<code>{id}</code>
			{missing && (
				<p>
					Nothing has been seen under this ID so far. A fresh trace takes a few seconds to arrive: looking again
					{tries > 1 ? `, ${tries} times so far` : ""}.
				</p>
			)}
			{waitingFor && !missing && <p>{waitingFor.message}</p>}
		</div>
	);
}

/** Nothing, and why that may be. */
export function TraceMissing({ id, error, onRetry }: { id: string; error: Error; onRetry: () => void }) {
	const api = error instanceof ApiError ? error : null;
	const unknown = api?.status === 404;
	const hints = api?.hints ?? [];
	return (
		<div className={styles.missing} data-testid="trace-missing">
			<h1>{unknown ? "No signal knows this ID" : (api?.title ?? "The trace could not be shown")}</h1>
			<code>{id}</code>
			<p>{error.message}</p>
			{hints.length > 0 && (
				<ul>
					{hints.map((hint) => (
						<li key={hint}>{hint}</li>
					))}
				</ul>
			)}
			<div className={styles.missingActions}>
				<Button size="compact-sm" onClick={onRetry}>
					Look again
				</Button>
				<Button size="compact-sm" variant="default" component={Link} href="/traces">
					Browse traces
				</Button>
				<Button size="compact-sm" variant="default" component={Link} href="/status">
					Status of the stores
				</Button>
			</div>
		</div>
	);
}
