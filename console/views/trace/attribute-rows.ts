/** Attributes as table rows: sorted, grouped by their first segment, each with the search that finds its like. */
export interface AttributeRow {
	key: string;
	/** `http.` of `http.route`, when other keys share it. */
	prefix: string;
	rest: string;
	text: string;
	type: "string" | "number" | "boolean" | "json" | "null";
	/** Search text that finds traces with this value; null for values that cannot be searched (lists, objects, very long text). */
	search: string | null;
	firstOfGroup: boolean;
}

const LONGEST_SEARCH = 300;

/** Rows whose key or value contains `filter`, whatever the case. */
export function attributeRows(attributes: Record<string, unknown>, filter: string): AttributeRow[] {
	const needle = filter.trim().toLowerCase();
	const sizes = new Map<string, number>();
	for (const key of Object.keys(attributes)) sizes.set(groupOf(key), (sizes.get(groupOf(key)) ?? 0) + 1);
	const rows: AttributeRow[] = [];
	let group: string | null = null;
	for (const key of Object.keys(attributes).sort()) {
		const value = attributes[key];
		const text = valueText(value);
		if (needle && !key.toLowerCase().includes(needle) && !text.toLowerCase().includes(needle)) continue;
		const own = groupOf(key);
		const prefix = sizes.get(own)! > 1 && key.length > own.length ? `${own}.` : "";
		rows.push({
			key,
			prefix,
			rest: key.slice(prefix.length),
			text,
			type: typeOf(value),
			search: searchFor(key, value),
			firstOfGroup: group !== null && own !== group,
		});
		group = own;
	}
	return rows;
}

const groupOf = (key: string): string => key.split(".", 1)[0]!;

export function valueText(value: unknown): string {
	if (typeof value === "string") return value;
	if (typeof value === "object" && value !== null) return JSON.stringify(value, null, 1) ?? "";
	return String(value);
}

function typeOf(value: unknown): AttributeRow["type"] {
	if (value === null || value === undefined) return "null";
	if (typeof value === "number" || typeof value === "boolean" || typeof value === "string")
		return typeof value as "string";
	return "json";
}

/** `http.route:"/x"`, `http.response.status_code:503`; quotes, backslashes and stars escaped as `core/search.ts` reads them. */
export function searchFor(key: string, value: unknown): string | null {
	if (!/^[\w.\-/]+$/.test(key)) return null;
	if (typeof value === "number" || typeof value === "boolean") return `${key}:${value}`;
	if (typeof value !== "string" || value.length > LONGEST_SEARCH || value === "") return null;
	return `${key}:"${value.replace(/[\\"*]/g, "\\$&")}"`;
}
