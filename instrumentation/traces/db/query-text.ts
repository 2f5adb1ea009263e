const LOOKED_AT = 4_000;
const SHOWN_KEY = 200;
const SHOWN_VALUES = 8;

/** Strings, numbers and what must not be mistaken for them: quoted names, comments, words with digits. */
const TOKEN =
	/'(?:[^'\\]|\\.|'')*'?|"(?:[^"\\]|\\.|"")*"?|`[^`]*`?|--[^\n]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/)?|[a-z_$][\w$]*|\d[\w.]*(?:(?<=e)[+-]\d+)?/gis;

/** A MySQL statement with every string and number as `?`: the client fills the values in before it reports the statement. */
export function maskLiterals(sql: string): string {
	const text = sql.slice(0, LOOKED_AT);
	const masked = text.replace(TOKEN, (token) => {
		const first = token[0]!;
		return first === "'" || first === '"' || (first >= "0" && first <= "9") ? "?" : token;
	});
	return sql.length > LOOKED_AT ? `${masked}...` : masked;
}

/** Commands whose first argument is a key or a channel, never a secret or a script. */
const KEY_FIRST =
	/^(?:APPEND|BIT\w*|DECR\w*|DEL|DUMP|EXISTS|EXPIRE\w*|GEO\w+|GET(?:BIT|DEL|EX|RANGE|SET)?|H(?:DEL|EXISTS|GET\w*|INCR\w+|KEYS|LEN|MGET|MSET|RANDFIELD|SCAN|SET\w*|STRLEN|VALS)|INCR\w*|L(?:INDEX|INSERT|LEN|MOVE|POP|POS|PUSHX?|RANGE|REM|SET|TRIM)|MGET|MSET\w*|PERSIST|PEXPIRE\w*|PF\w+|PSETEX|PTTL|PUBLISH|RENAME\w*|RPOP\w*|RPUSHX?|S(?:ADD|CARD|DIFF\w*|INTER\w*|ISMEMBER|MEMBERS|MISMEMBER|MOVE|POP|PUBLISH|RANDMEMBER|REM|SCAN|SUBSCRIBE|ET|ETEX|ETNX|ETRANGE|ETBIT|TRLEN|UNION\w*)|SUBSCRIBE|TTL|TYPE|UNLINK|X(?:ACK|ADD|DEL|LEN|RANGE|REVRANGE|TRIM)|Z\w+)$/;

/**
 * A Redis command as `SET cart:7 ? ?`: the key where the command is known to begin with one, no values. Of commands that
 * can carry passwords or scripts (AUTH, EVAL, CONFIG, modules' own) only the name.
 */
export function redisText(command: string, args: readonly unknown[]): string {
	if (args.length === 0) {
		return command;
	}
	const key = args[0];
	const hasKey = KEY_FIRST.test(command) && (typeof key === "string" || key instanceof Uint8Array);
	const shown = hasKey ? [printable(key)] : [];
	const hidden = args.length - shown.length;
	const values = Array.from({ length: Math.min(hidden, SHOWN_VALUES) }, () => "?");
	return [command, ...shown, ...values, ...(hidden > SHOWN_VALUES ? ["..."] : [])].join(" ");
}

function printable(key: string | Uint8Array): string {
	const text = typeof key === "string" ? key : Buffer.from(key.subarray(0, SHOWN_KEY)).toString();
	return text.length > SHOWN_KEY ? `${text.slice(0, SHOWN_KEY)}...` : text;
}

/** A command's name as a metric label: upper case, `_OTHER` for what cannot be one. */
export function redisOperation(name: unknown): string {
	const text = String(name).toUpperCase();
	return /^[A-Z][A-Z0-9._-]{0,63}$/.test(text) ? text : "_OTHER";
}
