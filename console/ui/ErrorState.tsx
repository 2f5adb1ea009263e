import { Tooltip } from "@mantine/core";
import { ApiError } from "../client/fetch-json.ts";
import { EmptyState } from "./EmptyState.tsx";
import styles from "./ErrorState.module.css";
import { Icon } from "./Icon.tsx";
import { Link } from "./Link.tsx";

/** One failure in full: what went wrong, what to do, and a button to try again. */
export function ErrorState({ error, retry }: { error: unknown; retry?: () => void }) {
	if (error instanceof ApiError && error.notConfigured) return <NotConfigured error={error} />;
	const { title, detail, hints } = explain(error);
	return (
		<div className={styles.error} role="alert" data-testid="error-state">
			<Icon name="error" size={18} />
			<div>
				<p className={styles.title}>{title}</p>
				<p className={styles.detail}>{detail}</p>
				{hints.length > 0 && (
					<ul className={styles.hints}>
						{hints.map((hint) => (
							<li key={hint}>{hint}</li>
						))}
					</ul>
				)}
			</div>
			{retry && (
				<button type="button" className={styles.retry} onClick={retry}>
					Try again
				</button>
			)}
		</div>
	);
}

/** Nothing is broken: no engine was given for this part. Says which setting gives one. */
function NotConfigured({ error }: { error: ApiError }) {
	return (
		<EmptyState compact title="Not configured" icon="link">
			<p>{error.message}</p>
			<p>
				What this console reads is on <Link href="/status">Status</Link>.
			</p>
		</EmptyState>
	);
}

/** For above data that is still shown: it is old, and why. */
export function StaleNotice({ error }: { error: unknown }) {
	const { title, detail } = explain(error);
	return (
		<p className={styles.stale} role="status">
			<Icon name="warn" size={14} />
			<span>
				<b>{title}.</b> {detail} What you see is the last answer.
			</span>
		</p>
	);
}

/** In a page's header, where it moves nothing: the answer is not whole, and why. */
export function PartialNotice({ answer }: { answer: { status: string; reason?: string | undefined } | undefined }) {
	if (answer?.status !== "partial" && answer?.status !== "error") return null;
	const reason = answer.reason ?? "The store gave no reason.";
	return (
		<Tooltip label={reason} multiline maw={360}>
			<button
				type="button"
				className={styles.partial}
				data-testid="partial-notice"
				aria-label={`Not all of it: ${reason}`}
			>
				<Icon name="warn" size={13} />
				Not all of it
			</button>
		</Tooltip>
	);
}

function explain(error: unknown): { title: string; detail: string; hints: readonly string[] } {
	if (error instanceof ApiError) return { title: error.title, detail: error.message, hints: error.hints };
	return { title: "Something went wrong", detail: error instanceof Error ? error.message : String(error), hints: [] };
}
