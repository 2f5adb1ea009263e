/** SVG paths of a small chart: one point an interval, drawn at its middle; intervals without a value interrupt the line. */
export function sparkPaths(
	points: readonly { timeMs: number; value: number | null }[],
	fromMs: number,
	toMs: number,
	stepMs: number,
	width: number,
	height: number,
	scale: { least: number; reach: readonly number[] },
): { line: string; area: string; most: number } {
	let most = scale.least;
	for (const { value } of points) if (value !== null && Number.isFinite(value)) most = Math.max(most, value);
	for (const value of scale.reach) if (Number.isFinite(value)) most = Math.max(most, value);
	const span = toMs - fromMs;
	if (!(span > 0)) return { line: "", area: "", most };
	const x = (ms: number) => round(((ms - fromMs) / span) * width);
	const y = (value: number) => round(height - 2 - (most > 0 ? value / most : 0) * (height - 5));
	let line = "";
	let area = "";
	let run: { x: number; y: number }[] = [];
	const finish = () => {
		const first = run[0];
		const last = run.at(-1);
		if (!first || !last) return;
		const path = run.map((point) => `${point.x} ${point.y}`).join("L");
		// A lone interval has no line to draw: it becomes a dash of its own width.
		const half = round((stepMs / span) * width * 0.5);
		line += run.length === 1 ? `M${round(first.x - half)} ${first.y}h${round(2 * half)}` : `M${path}`;
		area += `M${first.x} ${height}L${path}L${last.x} ${height}Z`;
		run = [];
	};
	let before = Number.NEGATIVE_INFINITY;
	for (const { timeMs, value } of points) {
		if (value === null || !Number.isFinite(value) || timeMs - before > stepMs * 1.5) finish();
		if (value !== null && Number.isFinite(value)) {
			run.push({ x: x(timeMs + stepMs / 2), y: y(value) });
			before = timeMs;
		}
	}
	finish();
	return { line, area, most };
}

const round = (value: number): number => Math.round(value * 10) / 10;
