"use client";
import { useState } from "react";
import { CopyButton } from "./CopyButton.tsx";
import styles from "./KeyValueList.module.css";

export interface KeyValueListProps {
	values: Record<string, unknown>;
	/** Words said when there is nothing. */
	empty?: string;
	/** Makes each value a search: what to do with `key` and its text. */
	onPick?: (key: string, value: string) => void;
}

const LONG = 400;

/** Attributes: sorted, in two columns, objects as indented JSON, long texts cut until asked for. Nothing is ever HTML. */
export function KeyValueList({ values, empty = "None.", onPick }: KeyValueListProps) {
	const keys = Object.keys(values).sort();
	if (keys.length === 0) return <p className={styles.none}>{empty}</p>;
	return (
		<dl className={styles.list}>
			{keys.map((key) => (
				<Row key={key} name={key} text={attributeText(values[key])} {...(onPick ? { onPick } : {})} />
			))}
		</dl>
	);
}

function Row({ name, text, onPick }: { name: string; text: string; onPick?: (key: string, value: string) => void }) {
	const [whole, setWhole] = useState(false);
	const cut = !whole && text.length > LONG;
	return (
		<div className={styles.row}>
			<dt title={name}>{name}</dt>
			<dd>
				{onPick && !text.includes("\n") && text.length < 200 ? (
					<button type="button" className={styles.pick} title={`Search for ${name}`} onClick={() => onPick(name, text)}>
						{text === "" ? '""' : text}
					</button>
				) : (
					<span>{cut ? `${text.slice(0, LONG)}…` : text}</span>
				)}
				{cut && (
					<button type="button" className={styles.more} onClick={() => setWhole(true)}>
						all {text.length} characters
					</button>
				)}
				<span className={styles.copy}>
					<CopyButton text={text} label={`Copy ${name}`} size={12} />
				</span>
			</dd>
		</div>
	);
}

export function attributeText(value: unknown): string {
	if (typeof value === "string") return value;
	return JSON.stringify(value, null, typeof value === "object" ? 1 : 0) ?? "null";
}
