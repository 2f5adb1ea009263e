"use client";
/** The one search box: an id in any spelling opens its trace, a name its service, everything else searches. `/` or Ctrl-K. */
import { useId, useMemo, useRef, useState } from "react";
import { useServices } from "../client/queries.ts";
import { Icon } from "./Icon.tsx";
import { useNavigate } from "./Link.tsx";
import { remember, useRecent } from "./recent.ts";
import styles from "./SearchBox.module.css";
import { type SearchChoice, searchChoices } from "./search-choices.ts";
import { useShortcuts } from "./shortcuts.ts";

const RECENT_ICON = { trace: "arrow", request: "arrow", traces: "traces", logs: "logs" } as const;

export function SearchBox() {
	const [text, setText] = useState("");
	const [open, setOpen] = useState(false);
	const [active, setActive] = useState(0);
	const input = useRef<HTMLInputElement>(null);
	const listId = useId();
	const navigate = useNavigate();
	const recent = useRecent();
	const services = useServices({}, { enabled: open });

	const choices = useMemo<SearchChoice[]>(() => {
		if (text.trim() === "") {
			return recent.map(({ href, label, kind }) => ({
				href,
				title: label,
				detail: `recent ${kind}`,
				icon: RECENT_ICON[kind as keyof typeof RECENT_ICON] ?? "clock",
				kind,
			}));
		}
		return searchChoices(
			text,
			(services.data?.services ?? []).map(({ service }) => service),
		);
	}, [text, recent, services.data]);

	const focus = () => {
		input.current?.focus();
		input.current?.select();
	};
	useShortcuts({ "/": focus, "mod+k": focus });

	const go = (choice: SearchChoice | undefined) => {
		if (choice === undefined) return;
		if (choice.kind) remember({ href: choice.href, label: choice.title, kind: choice.kind });
		setOpen(false);
		setText("");
		input.current?.blur();
		navigate(choice.href);
	};
	const shown = open && (choices.length > 0 || text.trim() === "");

	return (
		<search className={styles.box}>
			<Icon name="search" size={15} className={styles.icon} />
			<input
				ref={input}
				className={styles.input}
				data-testid="search-input"
				role="combobox"
				aria-label="Search: trace ID, traceparent, request ID, service or text"
				aria-expanded={shown}
				aria-controls={listId}
				aria-activedescendant={shown && choices.length > 0 ? `${listId}-${active}` : undefined}
				aria-autocomplete="list"
				autoComplete="off"
				autoCorrect="off"
				spellCheck={false}
				maxLength={4096}
				placeholder="Trace ID, request ID, service or text"
				value={text}
				onChange={(event) => {
					setText(event.target.value);
					setActive(0);
					setOpen(true);
				}}
				onFocus={() => setOpen(true)}
				onBlur={() => setOpen(false)}
				onKeyDown={(event) => {
					if (event.key === "ArrowDown" || event.key === "ArrowUp") {
						event.preventDefault();
						const step = event.key === "ArrowDown" ? 1 : -1;
						setOpen(true);
						setActive((at) => (choices.length === 0 ? 0 : (at + step + choices.length) % choices.length));
					} else if (event.key === "Enter") {
						event.preventDefault();
						go(choices[active] ?? choices[0]);
					} else if (event.key === "Escape") {
						setText("");
						input.current?.blur();
					}
				}}
			/>
			<span className={styles.key} aria-hidden="true">
				/
			</span>
			{shown && (
				<div
					id={listId}
					role="listbox"
					aria-label="What this could be"
					className={styles.list}
					data-testid="search-choices"
				>
					{choices.length === 0 && (
						<p className={styles.hint}>
							Paste a trace ID in any spelling, a <code>traceparent</code>, a request ID or a log line with one; or type
							text such as <code>service:cart status:error</code>.
						</p>
					)}
					{choices.map((choice, index) => (
						// biome-ignore lint/a11y/useKeyWithClickEvents: keys act on the combobox
						<div
							key={`${choice.href} ${choice.detail}`}
							id={`${listId}-${index}`}
							role="option"
							tabIndex={-1}
							aria-selected={index === active}
							className={styles.choice}
							onMouseEnter={() => setActive(index)}
							onMouseDown={(event) => event.preventDefault()}
							onClick={() => go(choice)}
						>
							<Icon name={choice.icon} size={14} />
							<span className={choice.icon === "arrow" ? `${styles.title} mono` : styles.title}>{choice.title}</span>
							<span className={styles.detail}>{choice.detail}</span>
						</div>
					))}
				</div>
			)}
		</search>
	);
}
