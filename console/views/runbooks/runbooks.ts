/** docs/runbooks.md, as far as it goes: a section an alert, of paragraphs with **bold** and `code`. */

export interface Runbook {
	name: string;
	paragraphs: Piece[][];
}

export interface Piece {
	kind: "text" | "bold" | "code";
	text: string;
}

/** In the order of the file; what stands before the first section is about the file. */
export function readRunbooks(markdown: string): Runbook[] {
	return markdown
		.split(/^## /m)
		.slice(1)
		.map((section) => {
			const [name = "", ...lines] = section.split("\n");
			const paragraphs = lines.join("\n").split(/\n{2,}/);
			return {
				name: name.trim(),
				paragraphs: paragraphs
					.map((paragraph) => paragraph.trim().replace(/\s*\n\s*/g, " "))
					.filter(Boolean)
					.map(pieces),
			};
		});
}

function pieces(paragraph: string): Piece[] {
	return paragraph
		.split(/(\*\*[^*]+\*\*|`[^`]+`)/)
		.filter(Boolean)
		.map((text): Piece => {
			if (text.startsWith("**")) return { kind: "bold", text: text.slice(2, -2) };
			if (text.startsWith("`")) return { kind: "code", text: text.slice(1, -1) };
			return { kind: "text", text };
		});
}
