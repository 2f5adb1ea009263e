/** Known fields of spans and their values, from Tempo's tags. Tempo does not count them. */
import { z } from "zod";
import { SPAN_KINDS, STATUS_CODES, type TimeWindow } from "../../../core/model.ts";
import type { Answer, Call } from "../../../core/ports.ts";
import type { Engine } from "../engine.ts";
import { answer } from "./answers.ts";
import { secondsOf } from "./search-api.ts";
import { tagOf } from "./traceql.ts";

const tagsAnswer = z.object({
	scopes: z.array(z.object({ name: z.string().default(""), tags: z.array(z.string()).default([]) })).default([]),
});
const valuesAnswer = z.object({
	tagValues: z.array(z.object({ type: z.string().default(""), value: z.string().default("") })).default([]),
});

const INTRINSICS = ["service", "name", "kind", "status", "duration", "traceId", "spanId", "root.name", "root.service"];
const SCOPES = ["span", "resource", "event", "link", "instrumentation"];
/** Attributes that a query for free text names one by one; with more of them every trace is looked through instead. */
const MAX_TEXT_FIELDS = 200;

export class FieldReader {
	private readonly engine: Engine;

	constructor(engine: Engine) {
		this.engine = engine;
	}

	async fields(
		query: { field?: string; window: TimeWindow; prefix?: string },
		call: Call,
	): Promise<Answer<{ value: string; count: number }[]>> {
		const prefix = query.prefix?.toLowerCase() ?? "";
		const values = await (query.field === undefined
			? this.names(query.window, call)
			: this.values(query.field, query.window, call));
		const found = [...new Set(values)]
			.filter((value) => value.toLowerCase().startsWith(prefix))
			.slice(0, call.limit)
			.map((value) => ({ value, count: 0 }));
		const about = {
			query: query.field === undefined ? "/api/v2/search/tags" : `/api/v2/search/tag/${tagOf(query.field)}/values`,
			window: query.window,
			whenEmpty: [
				"Tempo knows none of this window that begins so",
				...(/[/+%]/.test(query.field ?? "") ? ["Tempo lists no values of a key with /, + or % in it"] : []),
			],
		};
		return answer(about, found);
	}

	/** Keys of span attributes, for looking in all of them; null when they are too many. */
	async textFields(window: TimeWindow, call: Call): Promise<readonly string[] | null> {
		const scopes = await this.scopes(window, call);
		const keys = scopes.filter(({ name }) => name === "span" || name === "instrumentation").flatMap(({ tags }) => tags);
		const distinct = [...new Set(keys)];
		return distinct.length > MAX_TEXT_FIELDS ? null : distinct;
	}

	private async names(window: TimeWindow, call: Call): Promise<string[]> {
		const scopes = await this.scopes(window, call);
		return [...INTRINSICS, ...scopes.filter(({ name }) => SCOPES.includes(name)).flatMap(({ tags }) => tags)];
	}

	private async scopes(window: TimeWindow, call: Call): Promise<{ name: string; tags: string[] }[]> {
		const { from, to } = secondsOf(window);
		const params = { start: String(from), end: String(to) };
		return (await this.engine.json(tagsAnswer, { path: "/api/v2/search/tags", params }, call))?.scopes ?? [];
	}

	private async values(field: string, window: TimeWindow, call: Call): Promise<string[]> {
		const words = { kind: SPAN_KINDS, status: STATUS_CODES }[field];
		if (words !== undefined) return [...words];
		const tag = tagOf(field);
		if (tag === null) return [];
		const { from, to } = secondsOf(window);
		const asked = {
			path: `/api/v2/search/tag/${encodeURIComponent(tag)}/values`,
			params: { start: String(from), end: String(to) },
		};
		const { tagValues } = (await this.engine.json(valuesAnswer, asked, call)) ?? { tagValues: [] };
		return tagValues.map(({ value }) => value);
	}
}
