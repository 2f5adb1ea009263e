import { expect, test } from "vitest";
import { readRunbooks } from "./runbooks.ts";

test("a section an alert, its lines joined to paragraphs, bold and code told apart", () => {
	const text = "# Runbooks\n\nAbout `all`.\n\n## Slow\n\nTakes\nlong.\n\n**Do.** Run `EXPLAIN`.\n\n## Down\n\nGone.\n";
	expect(readRunbooks(text)).toEqual([
		{
			name: "Slow",
			paragraphs: [
				[{ kind: "text", text: "Takes long." }],
				[
					{ kind: "bold", text: "Do." },
					{ kind: "text", text: " Run " },
					{ kind: "code", text: "EXPLAIN" },
					{ kind: "text", text: "." },
				],
			],
		},
		{ name: "Down", paragraphs: [[{ kind: "text", text: "Gone." }]] },
	]);
});
