"use client";
/** Where the backend speaks a language of its own, a search can be written in it instead: sent as it stands. */
import { ChoiceFilter, TextFilter } from "./FilterBar.tsx";
import styles from "./SearchHelp.module.css";

export interface QueryLanguage {
	name: "TraceQL" | "LogQL";
	placeholder: string;
	examples: readonly (readonly [query: string, what: string])[];
}

export const TRACEQL: QueryLanguage = {
	name: "TraceQL",
	placeholder: '{ resource.service.name = "orders" && status = error }   Enter sends it',
	examples: [
		["{ status = error }", "failed spans"],
		['{ resource.service.name = "cart" && duration > 200ms }', "both on one span"],
		['{ name = "POST /orders" } >> { status = error }', "an error below a span"],
		["{ status = error } | count() > 3", "more than three"],
	],
};

export const LOGQL: QueryLanguage = {
	name: "LogQL",
	placeholder: '{service_name="orders"} |= "timeout"   Enter sends it',
	examples: [
		['{service_name="orders"}', "all lines of a service"],
		['{service_name=~".+"} |= "timeout"', "a text anywhere"],
		['{service_name="orders"} | severity_text = "ERROR"', "by structured metadata"],
		['{service_name="orders"} | json | status >= 500', "by a field of a JSON line"],
	],
};

/** Ours or the engine's; `raw` null: ours. */
export function LanguageChoice(props: {
	language: QueryLanguage;
	raw: string | null;
	onChange: (raw: string | null) => void;
}) {
	const { language, raw, onChange } = props;
	return (
		<ChoiceFilter
			label="Query language"
			testId="query-language"
			value={raw === null ? "search" : "raw"}
			options={[
				{ value: "search", label: "Search" },
				{ value: "raw", label: language.name },
			]}
			onChange={(chosen) => onChange(chosen === "search" ? null : (raw ?? ""))}
		/>
	);
}

export function RawQuery(props: { language: QueryLanguage; raw: string; onChange: (raw: string) => void }) {
	const { language, raw, onChange } = props;
	return (
		<TextFilter
			wide
			mono
			onEnter
			value={raw}
			onChange={onChange}
			placeholder={language.placeholder}
			label={language.name}
			testId="raw-query"
			maxLength={10_000}
			help={
				<div className={styles.help}>
					<h3>{language.name}</h3>
					<dl>
						{language.examples.map(([query, what]) => (
							<div key={query} className={styles.long}>
								<dt>
									<button type="button" onClick={() => onChange(query)}>
										{query}
									</button>
								</dt>
								<dd>{what}</dd>
							</div>
						))}
					</dl>
				</div>
			}
		/>
	);
}
