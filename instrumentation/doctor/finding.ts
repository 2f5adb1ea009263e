/** One thing the doctor has to say. */
export interface Finding {
	/** `note` is worth knowing, `wrong` makes the exit code 1. */
	level: "ok" | "note" | "wrong";
	/** What it is about: a signal, `clock`, `app`. */
	about: string;
	/** One sentence. */
	says: string;
	/** What to do about it. */
	next?: string;
}

export const wrong = (about: string, says: string, next: string): Finding => ({ level: "wrong", about, says, next });
export const note = (about: string, says: string, next?: string): Finding => ({
	level: "note",
	about,
	says,
	...(next === undefined ? {} : { next }),
});
export const ok = (about: string, says: string): Finding => ({ level: "ok", about, says });

/** The same thing said of several signals is said once, of all of them. */
export function together(findings: readonly Finding[]): Finding[] {
	const result: Finding[] = [];
	for (const finding of findings) {
		const same = result.find(({ says, level }) => says === finding.says && level === finding.level);
		if (same === undefined) {
			result.push({ ...finding });
		} else if (!same.about.split(", ").includes(finding.about)) {
			same.about += `, ${finding.about}`;
		}
	}
	return result;
}

/** As lines for a terminal; what comes from outside keeps no control characters. */
export function toText(findings: readonly Finding[]): string {
	const width = Math.max(0, ...findings.map(({ about }) => about.length));
	return findings
		.map(({ level, about, says, next }) => {
			const line = `${level.padEnd(5)}  ${about.padEnd(width)}  ${printable(says)}`;
			return next === undefined ? line : `${line}\n${" ".repeat(width + 9)}-> ${printable(next)}`;
		})
		.join("\n");
}

function printable(text: string): string {
	return text.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").slice(0, 600);
}
