"use client";
/** Looks again now, and says how often the page does so by itself. */
import { Menu } from "@mantine/core";
import { useIsFetching, useQueryClient } from "@tanstack/react-query";
import { REFRESH_STEPS, useSetTimeRange, useTimeRange } from "../client/time-range.ts";
import { Icon } from "./Icon.tsx";
import styles from "./RefreshControl.module.css";

export function RefreshControl() {
	const { refresh, live } = useTimeRange();
	const set = useSetTimeRange();
	const client = useQueryClient();
	const busy = useIsFetching() > 0;
	return (
		<div className={styles.group}>
			<button
				type="button"
				className={styles.now}
				aria-label="Refresh now"
				data-busy={busy || undefined}
				onClick={() => void client.invalidateQueries()}
			>
				<Icon name="refresh" size={14} />
			</button>
			<Menu position="bottom-end" offset={6} width={132}>
				<Menu.Target>
					<button
						type="button"
						className={styles.every}
						data-testid="auto-refresh"
						aria-label={`Auto-refresh: ${refresh}`}
					>
						<span data-live={(live && refresh !== "off") || undefined}>{live ? refresh : "past"}</span>
					</button>
				</Menu.Target>
				<Menu.Dropdown className={styles.menu}>
					<Menu.Label>Auto-refresh</Menu.Label>
					{REFRESH_STEPS.map((step) => (
						<Menu.Item
							key={step}
							onClick={() => set({ refresh: step })}
							rightSection={step === refresh ? <Icon name="check" size={13} /> : null}
						>
							{step === "off" ? "Off" : `Every ${step}`}
						</Menu.Item>
					))}
				</Menu.Dropdown>
			</Menu>
		</div>
	);
}
