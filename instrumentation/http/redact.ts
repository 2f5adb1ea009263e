const SECRET =
	/token|secret|passwo?r?d|signature|api_?key|credential|^(?:sig|auth|authorization|key|code|awsaccesskeyid)$/i;
const MAX_QUERY = 4_096;
const MAX_NAME = 128;

/**
 * A query string with the values of parameters that name a secret replaced, as the semantic conventions ask; cut after 4,096
 * characters. Linear in its length whatever it holds: it comes from outside.
 */
export function redactQuery(query: string): string {
	if (!query.includes("=")) {
		return query.slice(0, MAX_QUERY);
	}
	return query
		.slice(0, MAX_QUERY)
		.split("&")
		.map((pair) => {
			const at = pair.indexOf("=");
			return at !== -1 && SECRET.test(pair.slice(0, Math.min(at, MAX_NAME))) ? `${pair.slice(0, at)}=REDACTED` : pair;
		})
		.join("&");
}
