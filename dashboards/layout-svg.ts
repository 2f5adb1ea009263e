/** A picture of a board's layout, drawn from its JSON: where each panel is, what it is called, what kind it is. No data. */
import type { Dashboard, Panel, RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";

/** Pixels of one column of 24, and of one unit of height. */
const [COLUMN, UNIT] = [40, 22];
const [MARGIN, TOP, GAP] = [12, 44, 6];

type AnyPanel = Panel | RowPanel;

export function drawLayout({ title = "", panels = [] }: Dashboard): string {
	const bottom = Math.max(0, ...panels.map(({ gridPos }) => (gridPos ? gridPos.y + gridPos.h : 0)));
	const [width, height] = [24 * COLUMN + 2 * MARGIN, TOP + bottom * UNIT + MARGIN];
	const parts = panels.map((panel) => (panel.type === "row" ? drawRow(panel) : drawPanel(panel)));
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="Inter, system-ui, sans-serif" role="img" aria-label="${escapeXml(title)}">`,
		`<rect width="${width}" height="${height}" rx="8" fill="#f4f5f7"/>`,
		`<text x="${MARGIN}" y="28" font-size="16" font-weight="600" fill="#1f2430">${escapeXml(title)}</text>`,
		...parts,
		"</svg>",
		"",
	].join("\n");
}

function drawRow(panel: AnyPanel): string {
	const { x, y } = place(panel);
	return `<text x="${x}" y="${y + 16}" font-size="13" font-weight="600" fill="#5b6475">▾ ${escapeXml(panel.title ?? "")}</text>`;
}

function drawPanel(panel: AnyPanel): string {
	const { x, y, w, h } = place(panel);
	const unit = "fieldConfig" in panel ? (panel.fieldConfig?.defaults.unit ?? "") : "";
	const room = Math.floor((w - 16) / 6.6);
	const title = (panel.title ?? "").length > room ? `${(panel.title ?? "").slice(0, room - 1)}…` : (panel.title ?? "");
	return [
		`<g><title>${escapeXml(panel.title ?? "")}: ${escapeXml("description" in panel ? (panel.description ?? "") : "")}</title>`,
		`<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="4" fill="#fff" stroke="#d5d9e0"/>`,
		`<text x="${x + 8}" y="${y + 17}" font-size="12" fill="#1f2430">${escapeXml(title)}</text>`,
		drawKind(panel.type, x + 8, y + 26, w - 16, h - 44),
		`<text x="${x + 8}" y="${y + h - 7}" font-size="10" fill="#8a93a3">${escapeXml([panel.type, unit].filter(Boolean).join(" · "))}</text></g>`,
	].join("");
}

/** A hint of the kind of drawing, the same for every panel of a kind. */
function drawKind(kind: string, x: number, y: number, w: number, h: number): string {
	if (h < 18) return "";
	const line = (points: readonly number[], color: string) => {
		const step = w / (points.length - 1);
		const path = points.map((value, i) => `${round(x + i * step)},${round(y + h * (1 - value))}`).join(" ");
		return `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="1.5"/>`;
	};
	switch (kind) {
		case "timeseries":
			return (
				line([0.3, 0.45, 0.38, 0.6, 0.5, 0.85, 0.55, 0.6, 0.48, 0.52], "#3d71d9") +
				line([0.15, 0.2, 0.18, 0.3, 0.22, 0.4, 0.25, 0.28, 0.2, 0.22], "#e0752d")
			);
		case "stat":
		case "gauge":
			return `<rect x="${x}" y="${y}" width="${round(Math.min(70, w))}" height="${round(Math.min(16, h))}" rx="3" fill="#cfe0fb"/>`;
		case "heatmap":
			return Array.from({ length: 5 }, (_, row) =>
				Array.from({ length: 24 }, (_, column) => {
					const heat = Math.max(0.05, 1 - Math.abs(row - 3 + Math.sin(column / 3)) / 2.5);
					return `<rect x="${round(x + (column * w) / 24)}" y="${round(y + (row * h) / 5)}" width="${round(w / 24 - 1)}" height="${round(h / 5 - 1)}" fill="#e0752d" opacity="${round(heat)}"/>`;
				}).join(""),
			).join("");
		case "table":
		case "logs":
		case "traces": {
			const count = Math.max(1, Math.min(9, Math.floor(h / 16)));
			return Array.from({ length: count }, (_, i) => {
				const [from, part] =
					kind === "traces"
						? [0.05 * i, Math.max(0.1, 0.9 - 0.1 * i)]
						: [0, kind === "logs" ? 0.9 - 0.07 * (i % 4) : 1];
				return `<rect x="${round(x + w * Math.min(0.7, from))}" y="${round(y + (i * h) / count)}" width="${round(w * Math.min(part, 1 - Math.min(0.7, from)))}" height="7" rx="2" fill="${i === 0 && kind === "table" ? "#c4cad4" : "#e3e7ed"}"/>`;
			}).join("");
		}
		case "nodeGraph": {
			const dots = [
				[0.15, 0.5],
				[0.4, 0.25],
				[0.4, 0.75],
				[0.65, 0.5],
				[0.88, 0.3],
				[0.88, 0.7],
			].map(([a = 0, b = 0]) => [round(x + a * w), round(y + b * h)] as const);
			const edges = [
				[0, 1],
				[0, 2],
				[1, 3],
				[2, 3],
				[3, 4],
				[3, 5],
			].map(([a = 0, b = 0]) => {
				const [[x1, y1] = [0, 0], [x2, y2] = [0, 0]] = [dots[a], dots[b]];
				return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#b6bdc9"/>`;
			});
			return (
				edges.join("") +
				dots
					.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="9" fill="#fff" stroke="#3d9a5f" stroke-width="2"/>`)
					.join("")
			);
		}
		default:
			return "";
	}
}

function place({ gridPos }: AnyPanel): { x: number; y: number; w: number; h: number } {
	const { x = 0, y = 0, w = 24, h = 1 } = gridPos ?? {};
	return { x: MARGIN + x * COLUMN, y: TOP + y * UNIT, w: w * COLUMN - GAP, h: h * UNIT - GAP };
}

function round(value: number): number {
	return Math.round(value * 100) / 100;
}

function escapeXml(text: string): string {
	return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
