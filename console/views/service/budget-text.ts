/** What a budget says in words. */

/** `99.5 % asked`. */
export function objectiveText({ objective }: { objective: number }): string {
	return `${Number((objective * 100).toFixed(3))} % asked`;
}

/** `86 % left`, `spent 3.1 times`, `no requests yet`. */
export function budgetText(remaining: number | null): string {
	if (remaining === null) return "no requests yet";
	if (remaining > 0) return `${percentOf(remaining)} % left`;
	const spent = 1 - remaining;
	return spent < 1.05 ? "all of it spent" : `spent ${Number(spent.toFixed(1))} times`;
}

/** `burns at 0.4×`. */
export function burnText(burnRate: number | null): string {
	if (burnRate === null) return "";
	return `burns at ${burnRate >= 10 ? Math.round(burnRate) : Number(burnRate.toFixed(1))}×`;
}

/** Never "100" of what is touched, never "0" of what is left. */
function percentOf(share: number): number {
	if (share >= 1) return 100;
	return Math.min(99.9, Math.max(0.1, Number((share * 100).toFixed(share > 0.99 || share < 0.01 ? 1 : 0))));
}
