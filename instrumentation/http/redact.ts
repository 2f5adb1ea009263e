const SECRET =
	/(^|&)((?:[^=&]*(?:token|secret|password|passwd|signature|api_?key|credential)[^=&]*|sig|auth|key|code|AWSAccessKeyId|X-Goog-Signature)=)[^&]*/gi;

/** A query string with the values of parameters that name a secret replaced; the semantic conventions ask for it. */
export function redactQuery(query: string): string {
	return query.includes("=") ? query.replace(SECRET, "$1$2REDACTED") : query;
}
