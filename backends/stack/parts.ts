/** Answers that several engines give together: one that fails leaves a partial answer, not none. */

/** Asks all at once: the answers, and a sentence for each that failed. Throws the first failure when none answered. */
export async function askAll<T>(asked: readonly Promise<T>[]): Promise<{ answers: T[]; failures: string[] }> {
	const settled = await Promise.allSettled(asked);
	const answers = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
	const failed = settled.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
	if (answers.length === 0) throw failed[0];
	return { answers, failures: failed.map((error) => (error instanceof Error ? error.message : String(error))) };
}
