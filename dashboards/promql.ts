/** Small parts of PromQL that several boards are made of. */

/** Of each group the first that answers: names differ from library to library, and nothing is counted twice. */
export function firstOf(by: string, ...exprs: readonly string[]): string {
	return exprs.join(`\nor on (${by})\n`);
}

/** 0 where nobody has ever counted. */
export function orZero(expr: string): string {
	return `${expr} or vector(0)`;
}
