"use client";
import { FailureView } from "../views/shell/FailureView.tsx";

export default function Failure({ error, reset }: { error: Error; reset: () => void }) {
	return <FailureView error={error} retry={reset} />;
}
