"use client";
import { useEffect } from "react";
import { EmptyState } from "../../ui/EmptyState.tsx";
import styles from "./FailureView.module.css";

/** A page that broke: what broke, and the ways on. Data are never lost by it. */
export function FailureView({ error, retry }: { error: Error; retry: () => void }) {
	useEffect(() => console.error(error), [error]);
	return (
		<EmptyState title="This page broke" icon="error">
			<p>{error.message || "It gave no reason."}</p>
			<p className={styles.ways}>
				<button type="button" onClick={retry}>
					Try again
				</button>
				<button type="button" onClick={() => window.location.assign("/")}>
					To the overview
				</button>
			</p>
			<p>Nothing stored was touched. The browser's console has the details.</p>
		</EmptyState>
	);
}
