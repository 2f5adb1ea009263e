"use client";
import { Modal } from "@mantine/core";
import styles from "./KeyboardHelp.module.css";

const GROUPS: readonly { title: string; keys: readonly (readonly [string, string])[] }[] = [
	{
		title: "Everywhere",
		keys: [
			["/", "Search: trace ID, traceparent, request ID, text"],
			["Ctrl K", "The same"],
			["g o", "Overview"],
			["g t", "Traces"],
			["g l", "Logs"],
			["g m", "Topology (the map)"],
			["g i", "Incidents"],
			["g s", "Status"],
			["Shift D", "Dark or light"],
			["?", "This help"],
		],
	},
	{
		title: "In a list",
		keys: [
			["j", "Next row"],
			["k", "Previous row"],
			["Enter", "Open it"],
			["Esc", "Leave the list or close what is open"],
		],
	},
];

export function KeyboardHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
	return (
		<Modal
			opened={opened}
			classNames={{ content: styles.content ?? "", header: styles.header ?? "", title: styles.title ?? "" }}
			onClose={onClose}
			title="Keyboard"
			size={420}
			centered
			closeButtonProps={{ "aria-label": "Close" }}
		>
			{GROUPS.map((group) => (
				<section key={group.title} className={styles.group}>
					<h3>{group.title}</h3>
					<dl>
						{group.keys.map(([keys, what]) => (
							<div key={keys}>
								<dt>
									{keys.split(" ").map((key) => (
										<kbd key={key}>{key}</kbd>
									))}
								</dt>
								<dd>{what}</dd>
							</div>
						))}
					</dl>
				</section>
			))}
		</Modal>
	);
}
