"use client";
/** The controls above a list. Every one writes to the URL; text waits until one stops typing. */
import { Popover, Select } from "@mantine/core";
import { type ReactNode, useEffect, useRef, useState } from "react";
import styles from "./FilterBar.module.css";
import { Icon } from "./Icon.tsx";
import { ServiceBadge } from "./ServiceBadge.tsx";

export function FilterBar({ children, label }: { children: ReactNode; label: string }) {
	return (
		<search className={styles.bar} aria-label={label}>
			{children}
		</search>
	);
}

const SETTLE_MS = 350;

export interface TextFilterProps {
	value: string;
	onChange: (value: string) => void;
	placeholder: string;
	label: string;
	testId?: string;
	/** Grows to fill the bar. */
	wide?: boolean;
	/** Code: in the font of code. */
	mono?: boolean;
	/** Half a text means nothing: sent by Enter, not by stopping to type. */
	onEnter?: boolean;
	/** Said below the field when it is not null. */
	problem?: string | null;
	help?: ReactNode;
	maxLength?: number;
}

export function TextFilter(props: TextFilterProps) {
	const { value, onChange, placeholder, label, testId, wide, problem, help, maxLength = 2000, mono, onEnter } = props;
	const [text, setText] = useState(value);
	const sent = useRef(value);
	const latest = useRef(onChange);
	latest.current = onChange;
	useEffect(() => {
		// Changed from outside (Back, a link): follow it. What was typed here comes back as it was sent.
		if (value !== sent.current) {
			sent.current = value;
			setText(value);
		}
	}, [value]);
	useEffect(() => {
		if (text === sent.current || onEnter) return;
		const timer = setTimeout(() => {
			sent.current = text;
			latest.current(text);
		}, SETTLE_MS);
		return () => clearTimeout(timer);
	}, [text, onEnter]);

	return (
		<div
			className={styles.text}
			data-wide={wide || undefined}
			data-mono={mono || undefined}
			data-problem={problem ? true : undefined}
		>
			{wide && <Icon name="filter" size={13} />}
			<input
				value={text}
				placeholder={placeholder}
				aria-label={label}
				aria-invalid={problem ? true : undefined}
				title={problem ?? undefined}
				data-testid={testId}
				maxLength={maxLength}
				spellCheck={false}
				autoComplete="off"
				onChange={(event) => setText(event.target.value)}
				onKeyDown={(event) => {
					if (event.key === "Enter") {
						sent.current = text;
						latest.current(text);
					} else if (event.key === "Escape") event.currentTarget.blur();
				}}
			/>
			{text !== "" && wide && (
				<button
					type="button"
					className={styles.clear}
					aria-label="Clear the search"
					onClick={() => {
						setText("");
						sent.current = "";
						latest.current("");
					}}
				>
					<Icon name="cross" size={12} />
				</button>
			)}
			{help && (
				<Popover position="bottom-end" offset={8} width={340}>
					<Popover.Target>
						<button type="button" className={styles.help} aria-label="How to search">
							?
						</button>
					</Popover.Target>
					<Popover.Dropdown className={styles.dropdown}>{help}</Popover.Dropdown>
				</Popover>
			)}
		</div>
	);
}

export interface ChoiceFilterProps<T extends string> {
	value: T;
	options: readonly { value: T; label: string }[];
	onChange: (value: T) => void;
	label: string;
	testId?: string;
}

/** A few choices side by side. */
export function ChoiceFilter<T extends string>({ value, options, onChange, label, testId }: ChoiceFilterProps<T>) {
	return (
		<fieldset className={styles.choices} data-testid={testId}>
			<legend className="visually-hidden">{label}</legend>
			{options.map((option) => (
				<button
					key={option.value}
					type="button"
					aria-pressed={option.value === value}
					onClick={() => onChange(option.value)}
				>
					{option.label}
				</button>
			))}
		</fieldset>
	);
}

export interface PickFilterProps {
	value: string;
	options: readonly string[];
	onChange: (value: string) => void;
	placeholder: string;
	label: string;
	/** Draws each option with its service colour. */
	services?: boolean;
	testId?: string;
	onOpen?: () => void;
}

/** One of many, found by typing; the present value stays pickable even when the window no longer has it. */
export function PickFilter(props: PickFilterProps) {
	const { value, options, onChange, placeholder, label, services, testId, onOpen } = props;
	const data = value === "" || options.includes(value) ? [...options] : [value, ...options];
	return (
		<Select
			size="xs"
			className={styles.pick ?? ""}
			classNames={{ input: styles.pickInput ?? "", dropdown: styles.dropdown ?? "", option: styles.option ?? "" }}
			aria-label={label}
			data-testid={testId}
			placeholder={placeholder}
			data={data}
			value={value === "" ? null : value}
			onChange={(picked) => onChange(picked ?? "")}
			searchable
			clearable
			limit={100}
			nothingFoundMessage="None"
			maxDropdownHeight={320}
			comboboxProps={{
				shadow: "none",
				transitionProps: { duration: 60 },
				width: "max-content",
				position: "bottom-start",
			}}
			rightSectionWidth={26}
			{...(onOpen ? { onDropdownOpen: onOpen } : {})}
			{...(services ? { renderOption: ({ option }) => <ServiceBadge service={option.value} /> } : {})}
		/>
	);
}
