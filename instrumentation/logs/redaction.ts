import { REDACTED, type Redactor } from "../otlp/value.ts";

/** Parts of names, wherever they stand in one; compared without case and separators. */
const WITHIN = [
	"password",
	"passwd",
	"passphrase",
	"pwd",
	"secret",
	"apikey",
	"accesskey",
	"privatekey",
	"authorization",
	"cookie",
	"credential",
	"creditcard",
	"cardnumber",
	"sessionid",
	"cvv",
];
/** Ends of names: `accessToken` is one, `tokenCount` and `maxTokens` are not. */
const AT_THE_END = ["token", "jwt", "cvc", "ssn"];
const WHOLE = new Set(["pass", "pan", "bearer"]);

const MAX_NAMES = 2_000;
const MAX_NAME = 128;

/** Shorter than any of the values below. */
const SHORTEST = 8;
/** Every value that holds a secret in its text has one of these; most have none, and are done with. */
const HINT = /=|eyJ|earer |EARER |asic |:\/\/|PRIVATE KEY|uthorization|ookie|\\?":/;

// Runs that cannot overlap and quantifiers that cannot nest: linear in whatever they are given.
const SCHEME = /\b(bearer )\s{0,8}[\w.~+/=-]{8,}/gi;
const BASIC = /\b([Bb]asic )(?=[A-Za-z][a-z]{0,64}[A-Z0-9+/=])[A-Za-z0-9+/=]{8,}/g;
const JWT = /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g;
const USER_INFO = /(:\/\/[^\s/:@"']{0,256}:)[^\s/@"']{1,1024}@/g;
const PEM = /(-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----)[^-]*/g;
const HEADER = /\b((?:proxy-)?authorization|(?:set-)?cookie)(: ?)(?:\\[^rn]|[^\r\n"\\])+/gi;
const PAIR = /(?<![\w.-])([\w.-]{1,128})=("[^"]*"|'[^']*'|[^\s&;,"'<>)\]}]+)/g;
const JSON_PAIR = /(")([\w.-]{1,128})"(\s{0,4}:\s{0,4})(?:"(?:[^"\\]|\\.)*"|-?\d[\d.]*)/g;
/** The same inside of a JSON string. */
const ESCAPED_PAIR = /(\\")([\w.-]{1,128})\\"(\s{0,4}:\s{0,4})(?:\\"(?:[^"\\]|\\[^"])*\\"|-?\d[\d.]*)/g;

/**
 * Finds secrets in the copy of a line that is sent: by the name of a field, and in text by its form (bearer and basic
 * credentials, JWTs, passwords in URLs, private keys, `password=...`). Booleans stay: that there is one is no secret.
 */
export class Redaction implements Redactor {
	private readonly more: readonly string[];
	private readonly known = new Map<string, boolean>();

	/** @param more names beside the built-in ones, wherever they stand in a field's name. */
	constructor(more: readonly string[] = []) {
		this.more = more.map(plain).filter((name) => name !== "");
	}

	/** Is `name` that of a secret? Names come again and again, so the answer is kept. */
	isSecret(name: string): boolean {
		const known = this.known.get(name);
		if (known !== undefined) {
			return known;
		}
		const short = plain(name.slice(0, MAX_NAME));
		const secret =
			WHOLE.has(short) ||
			AT_THE_END.some((end) => short.endsWith(end)) ||
			WITHIN.some((part) => short.includes(part)) ||
			this.more.some((part) => short.includes(part));
		if (this.known.size >= MAX_NAMES) {
			this.known.clear();
		}
		if (name.length <= MAX_NAME) {
			this.known.set(name, secret);
		}
		return secret;
	}

	/** `text` without the secrets in it. */
	text(text: string): string {
		if (text.length < SHORTEST || !HINT.test(text)) {
			return text;
		}
		const pair = (whole: string, quote: string, name: string, colon: string): string =>
			this.isSecret(name) ? `${quote}${name}${quote}${colon}${quote}${REDACTED}${quote}` : whole;
		return text
			.replace(HEADER, `$1$2${REDACTED}`)
			.replace(SCHEME, `$1${REDACTED}`)
			.replace(BASIC, `$1${REDACTED}`)
			.replace(JWT, REDACTED)
			.replace(USER_INFO, `$1${REDACTED}@`)
			.replace(PEM, `$1${REDACTED}`)
			.replace(PAIR, (_whole, name: string, value: string) => this.pair(name, value))
			.replace(JSON_PAIR, pair)
			.replace(ESCAPED_PAIR, pair);
	}
	/** `name=value`, where a quoted value may hold others: logfmt's `msg="password=..."`. */
	private pair(name: string, value: string): string {
		if (this.isSecret(name)) {
			return `${name}=${REDACTED}`;
		}
		const quoted = value.startsWith('"') || value.startsWith("'");
		return quoted
			? `${name}=${value[0]}${value.slice(1).replace(PAIR, (_whole, inner: string, content: string) => this.pair(inner, content))}`
			: `${name}=${value}`;
	}
}

function plain(name: string): string {
	return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}
