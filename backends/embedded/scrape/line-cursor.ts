import { ExpositionError, type ExpositionLimits, type Label } from "./exposition.ts";

const NUMBER = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN])$/;
const DECIMAL = /^([+-]?)(\d+)(?:\.(\d*))?$/;
const MAX_NUMBER_LENGTH = 128;

const SPACE = 32;
const TAB = 9;
const QUOTE = 34;
const BACKSLASH = 92;

/** Walks over one line of an exposition without copying it. Every failure is an `ExpositionError` with the line's number. */
export class LineCursor {
	readonly text: string;
	readonly line: number;
	readonly end: number;
	at: number;

	constructor(text: string, start: number, end: number, line: number) {
		this.text = text;
		this.at = start;
		this.end = end;
		this.line = line;
	}

	fail(reason: string): never {
		throw new ExpositionError(this.line, reason);
	}

	done(): boolean {
		return this.at >= this.end;
	}

	/** What is left of the line. */
	rest(): string {
		return this.text.slice(this.at, this.end);
	}

	take(character: string): boolean {
		if (this.at >= this.end || this.text[this.at] !== character) return false;
		this.at++;
		return true;
	}

	expect(character: string, where: string): void {
		if (!this.take(character)) this.fail(`expected ${show(character)} ${where}, found ${this.here()}`);
	}

	skipBlanks(): void {
		while (this.at < this.end && isBlank(this.text.charCodeAt(this.at))) this.at++;
	}

	/** The characters up to the next blank; may be empty. */
	word(): string {
		const start = this.at;
		while (this.at < this.end && !isBlank(this.text.charCodeAt(this.at))) this.at++;
		return this.text.slice(start, this.at);
	}

	/** `[a-zA-Z_][a-zA-Z0-9_]*`, for metrics with colons too. */
	identifier(what: "metric name" | "label name"): string {
		const start = this.at;
		const colons = what === "metric name";
		while (this.at < this.end && isNameCharacter(this.text.charCodeAt(this.at), this.at > start, colons)) this.at++;
		if (this.at === start) this.fail(`expected a ${what}, found ${this.here()}`);
		return this.text.slice(start, this.at);
	}

	/** `{a="b",c="d"}`. Prometheus allows blanks between the parts and a comma at the end; OpenMetrics does not. */
	labels(lenient: boolean, limits: ExpositionLimits): Label[] {
		this.expect("{", "before the labels");
		const labels: Label[] = [];
		const seen = new Set<string>();
		if (lenient) this.skipBlanks();
		while (!this.take("}")) {
			if (labels.length > 0) {
				this.expect(",", "between labels");
				if (lenient) this.skipBlanks();
				if (lenient && this.take("}")) break;
			}
			if (labels.length >= limits.labels) this.fail(`more than ${limits.labels} labels`);
			const name = this.identifier("label name");
			if (seen.has(name)) this.fail(`the label ${show(name)} appears twice`);
			seen.add(name);
			if (lenient) this.skipBlanks();
			this.expect("=", `after the label name ${show(name)}`);
			if (lenient) this.skipBlanks();
			labels.push([name, this.quoted()]);
			if (lenient) this.skipBlanks();
		}
		return labels;
	}

	private quoted(): string {
		this.expect('"', "before a label's value");
		const start = this.at;
		let escaped = false;
		for (; this.at < this.end; this.at++) {
			const code = this.text.charCodeAt(this.at);
			if (code === BACKSLASH) {
				escaped = true;
				this.at++;
			} else if (code === QUOTE) {
				const raw = this.text.slice(start, this.at++);
				return escaped ? unescapeText(raw) : raw;
			}
		}
		return this.fail("a label's value has no closing quote");
	}

	/** A value: a decimal number, `Inf` or `NaN` in any case. */
	number(what: string): number {
		const word = this.word();
		const value = parseNumber(word);
		return value ?? this.fail(`${show(word)} is not a number (the ${what})`);
	}

	private here(): string {
		return this.done() ? "the end of the line" : show(this.text.slice(this.at, Math.min(this.end, this.at + 20)));
	}
}

/** null when the text is not a number of the formats (no hex, no underscores). */
export function parseNumber(word: string): number | null {
	if (word.length > MAX_NUMBER_LENGTH || !NUMBER.test(word)) return null;
	const letter = word.charCodeAt(word.length - 1) | 32;
	if (letter < 97) return Number(word);
	if (/nan$/i.test(word)) return Number.NaN;
	return word[0] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** Seconds as written (`1.5`, `1e9`) to nanoseconds, exact to the nanosecond unless an exponent is used; null when it is no finite number. */
export function parseSeconds(word: string): bigint | null {
	if (word.length > MAX_NUMBER_LENGTH) return null;
	const decimal = DECIMAL.exec(word);
	if (decimal) {
		const fraction = (decimal[3] ?? "").slice(0, 9).padEnd(9, "0");
		const nanoseconds = BigInt(decimal[2] + fraction);
		return decimal[1] === "-" ? -nanoseconds : nanoseconds;
	}
	const seconds = parseNumber(word);
	const nanoseconds = seconds === null ? Number.NaN : seconds * 1e9;
	return Number.isFinite(nanoseconds) ? BigInt(Math.round(nanoseconds)) : null;
}

/** `\n`, `\\` and `\"`; any other backslash stays as it is. */
export function unescapeText(raw: string): string {
	return raw.replace(/\\([n\\"])/g, (_, letter: string) => (letter === "n" ? "\n" : letter));
}

/** A value from outside as it may stand in an error: quoted, at most 60 characters. */
export function show(value: string): string {
	return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}

function isBlank(code: number): boolean {
	return code === SPACE || code === TAB;
}

function isNameCharacter(code: number, digits: boolean, colons: boolean): boolean {
	if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95) return true;
	return digits && code >= 48 && code <= 57 ? true : colons && code === 58;
}
