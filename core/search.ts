/** Search text (`service:cart status:error duration:>200ms http.route:"/x" "free text"`) as one filter tree that each backend translates. */

export type CompareOp = "=" | "!=" | ">" | ">=" | "<" | "<=";

export type Filter =
	| { kind: "and"; of: Filter[] }
	| { kind: "or"; of: Filter[] }
	| { kind: "not"; of: Filter }
	/**
	 * `field` is an intrinsic (`service`, `name`, `kind`, `status`, `duration`, `traceId`, `spanId`, `level`, `root.name`, `root.service`) or an
	 * attribute key, looked for on span, resource, scope, events and links. A string with `*` is a pattern. `duration` is in nanoseconds.
	 */
	| { kind: "compare"; field: string; op: CompareOp; value: string | number | boolean }
	/** Free text: span names, status messages, log bodies and attribute values that contain it, whatever the case. */
	| { kind: "text"; text: string };
