"use client";
import { useFields } from "../client/queries.ts";
import styles from "./SearchHelp.module.css";

const EXAMPLES: Record<"traces" | "logs", readonly (readonly [string, string])[]> = {
	traces: [
		["status:error", "failed spans"],
		["duration:>200ms", "slower than"],
		["service:cart kind:server", "both on one span"],
		["http.route:/orders/*", "a pattern"],
		["-service:mailer", "without"],
		["status:error OR duration:>1s", "either"],
		['"connection refused"', "text anywhere"],
	],
	logs: [
		["level:error", "errors and worse"],
		["service:orders timeout", "text of one service"],
		["order.id:88213", "an attribute"],
		["-level:debug", "without"],
		['"connection refused"', "exact words"],
	],
};

/** What one can write into a search, with the fields this window really has. */
export function SearchHelp({ signal, onPick }: { signal: "traces" | "logs"; onPick: (text: string) => void }) {
	const fields = useFields({ signal });
	return (
		<div className={styles.help}>
			<h3>Search</h3>
			<dl>
				{EXAMPLES[signal].map(([text, what]) => (
					<div key={text}>
						<dt>
							<button type="button" onClick={() => onPick(text)}>
								{text}
							</button>
						</dt>
						<dd>{what}</dd>
					</div>
				))}
			</dl>
			{(fields.data?.values.length ?? 0) > 0 && (
				<>
					<h3>Fields in this window</h3>
					<p className={styles.fields}>
						{fields.data?.values.slice(0, 40).map(({ value }) => (
							<button key={value} type="button" onClick={() => onPick(`${value}:`)}>
								{value}
							</button>
						))}
					</p>
				</>
			)}
		</div>
	);
}
