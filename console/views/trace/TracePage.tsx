"use client";
import { TraceLoading, TraceMissing } from "./TraceMissing.tsx";
import { TraceScreen } from "./TraceScreen.tsx";
import { usePivot } from "./use-pivot.ts";

/** The pivot: everything known under one id. `id` is whatever came in the URL; the API reads it. */
export function TracePage({ id }: { id: string }) {
	const pivot = usePivot(id);
	if (pivot.data) return <TraceScreen key={pivot.data.traceId} model={pivot.data} />;
	if (pivot.error) return <TraceMissing id={id} error={pivot.error} onRetry={() => void pivot.refetch()} />;
	return <TraceLoading id={id} waitingFor={pivot.failureReason} tries={pivot.failureCount} />;
}
