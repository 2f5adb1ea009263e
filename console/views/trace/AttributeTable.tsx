import { memo, useMemo, useState } from "react";
import { Icon } from "../../ui/Icon.tsx";
import { Link } from "../../ui/Link.tsx";
import { attributeRows } from "./attribute-rows.ts";
import panelStyles from "./panel.module.css";
import styles from "./span.module.css";

interface AttributeTableProps {
	attributes: Record<string, unknown>;
	filter: string;
	/** Whether rows offer "traces with this". */
	findable: boolean;
}

/** Keys and values in groups by their first segment. Values are text, whatever they look like. */
export const AttributeTable = memo(function AttributeTable({ attributes, filter, findable }: AttributeTableProps) {
	const rows = useMemo(() => attributeRows(attributes, filter), [attributes, filter]);
	if (rows.length === 0)
		return <p className={panelStyles.hint}>{filter ? "None matches the filter." : "None were sent."}</p>;
	return (
		<table className={styles.attributes}>
			<tbody>
				{rows.map((row) => (
					<tr key={row.key} data-first={row.firstOfGroup || undefined}>
						<th scope="row" title={row.key}>
							<i>{row.prefix}</i>
							{row.rest}
						</th>
						<td>
							<Value text={row.text} type={row.type} />
							<span className={styles.attributeActions}>
								<Copy text={row.text} />
								{findable && row.search && (
									<Link
										href={`/traces?q=${encodeURIComponent(row.search)}`}
										title={`Traces with ${row.search}`}
										aria-label={`Traces with ${row.search}`}
									>
										<Icon name="filter" size={12} />
									</Link>
								)}
							</span>
						</td>
					</tr>
				))}
			</tbody>
		</table>
	);
});

const LONG = 240;

function Value({ text, type }: { text: string; type: string }) {
	const [open, setOpen] = useState(false);
	const long = text.length > LONG || text.split("\n").length > 4;
	if (!long)
		return (
			<span className={styles.value} data-type={type}>
				{text === "" ? <i>empty</i> : text}
			</span>
		);
	return (
		<>
			<span className={styles.value} data-type={type} data-cut={!open || undefined}>
				{open ? text : text.slice(0, LONG * 3)}
			</span>
			<button type="button" className={panelStyles.quiet} onClick={() => setOpen(!open)}>
				{open ? "Less" : `All ${text.length.toLocaleString("en")} characters`}
			</button>
		</>
	);
}

function Copy({ text }: { text: string }) {
	const [copied, setCopied] = useState(false);
	return (
		<button
			type="button"
			title="Copy the value"
			aria-label="Copy the value"
			onClick={() => {
				void navigator.clipboard?.writeText(text).then(() => {
					setCopied(true);
					setTimeout(() => setCopied(false), 1200);
				});
			}}
		>
			<Icon name={copied ? "check" : "copy"} size={12} />
		</button>
	);
}
