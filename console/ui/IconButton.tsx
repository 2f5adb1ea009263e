import { Tooltip } from "@mantine/core";
import type { ButtonHTMLAttributes } from "react";
import { Icon, type IconName } from "./Icon.tsx";
import styles from "./IconButton.module.css";

export interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "children"> {
	icon: IconName;
	/** Read aloud, and shown on hover. */
	label: string;
	size?: number;
}

export function IconButton({ icon, label, size = 16, className, ...props }: IconButtonProps) {
	return (
		<Tooltip label={label}>
			<button type="button" aria-label={label} className={`${styles.button} ${className ?? ""}`} {...props}>
				<Icon name={icon} size={size} />
			</button>
		</Tooltip>
	);
}
