"use client";
/** The frame of every page: the rail (a bar at the bottom on phones), the top bar with search and time, and the page. */
import { useMantineColorScheme } from "@mantine/core";
import { usePathname } from "next/navigation";
import { type ReactNode, useEffect, useState } from "react";
import { useIncidents, useStatus } from "../../client/queries.ts";
import { useSetTimeRange, useTimeRange } from "../../client/time-range.ts";
import { Icon, type IconName, Mark } from "../../ui/Icon.tsx";
import { IconButton } from "../../ui/IconButton.tsx";
import { Link, useNavigate } from "../../ui/Link.tsx";
import { RefreshControl } from "../../ui/RefreshControl.tsx";
import { SearchBox } from "../../ui/SearchBox.tsx";
import { useShortcuts } from "../../ui/shortcuts.ts";
import { TimeRangePicker } from "../../ui/TimeRangePicker.tsx";
import { KeyboardHelp } from "./KeyboardHelp.tsx";
import styles from "./Shell.module.css";

interface Place {
	href: string;
	label: string;
	icon: IconName;
	/** Also lit under these paths. */
	under: string[];
	/** Pressed after `g`. */
	key: string;
}

export const PLACES: readonly Place[] = [
	{ href: "/", label: "Overview", icon: "overview", under: ["/services"], key: "o" },
	{ href: "/traces", label: "Traces", icon: "traces", under: ["/trace"], key: "t" },
	{ href: "/logs", label: "Logs", icon: "logs", under: [], key: "l" },
	{ href: "/topology", label: "Topology", icon: "topology", under: [], key: "m" },
	{ href: "/incidents", label: "Incidents", icon: "incidents", under: [], key: "i" },
	{ href: "/status", label: "Status", icon: "status", under: [], key: "s" },
];

export function Shell({ children }: { children: ReactNode }) {
	const pathname = usePathname();
	const navigate = useNavigate();
	const [helpOpen, setHelpOpen] = useState(false);
	const { setColorScheme } = useMantineColorScheme();
	const dark = useIsDark();
	const flip = () => setColorScheme(dark ? "light" : "dark");

	useShortcuts({
		"?": () => setHelpOpen(true),
		"shift+d": flip,
		...Object.fromEntries(PLACES.map((place) => [`g ${place.key}`, () => navigate(place.href)])),
	});

	return (
		<div className={styles.frame}>
			<a className={styles.skip} href="#page">
				Skip to the page
			</a>
			<nav className={styles.rail} aria-label="Pages">
				<Link href="/" className={styles.mark} aria-label="Trivet: overview">
					<Mark size={24} />
				</Link>
				{PLACES.map((place) => (
					<Link
						key={place.href}
						href={place.href}
						className={styles.place}
						data-testid={`nav-${place.label.toLowerCase()}`}
						aria-current={isAt(pathname, place) ? "page" : undefined}
					>
						<Icon name={place.icon} size={18} />
						<span>{place.label}</span>
						{place.href === "/incidents" && <FiringBadge />}
					</Link>
				))}
				<div className={styles.railEnd}>
					<IconButton icon={dark ? "sun" : "moon"} label={dark ? "Light colours" : "Dark colours"} onClick={flip} />
					<IconButton icon="keyboard" label="Keyboard shortcuts (?)" onClick={() => setHelpOpen(true)} />
				</div>
			</nav>
			<header className={styles.bar}>
				<Link href="/" className={styles.barMark} aria-label="Trivet: overview">
					<Mark size={22} />
				</Link>
				<SearchBox />
				<div className={styles.barEnd}>
					<DemoSwitch />
					<TimeRangePicker />
					<RefreshControl />
				</div>
			</header>
			<main id="page" className={styles.page} tabIndex={-1}>
				{children}
			</main>
			<KeyboardHelp opened={helpOpen} onClose={() => setHelpOpen(false)} />
		</div>
	);
}

function isAt(pathname: string, place: Place): boolean {
	if (pathname === place.href) return true;
	return [place.href, ...place.under].some((path) => path !== "/" && pathname.startsWith(`${path}/`));
}

/** How many incidents fire; nothing when none does. */
function FiringBadge() {
	const { data } = useIncidents({ status: "firing", limit: 1 });
	const firing = data?.firing ?? 0;
	if (firing === 0) return null;
	return (
		<b className={styles.badge} data-testid="firing-badge">
			{firing > 99 ? "99+" : firing}
			<span className="visually-hidden"> firing</span>
		</b>
	);
}

/** Hides the demo's own telemetry on every page; absent where there is no demo. */
function DemoSwitch() {
	const { hideDemo } = useTimeRange();
	const set = useSetTimeRange();
	const status = useStatus();
	if (!status.data?.demo && !hideDemo) return null;
	return (
		<button
			type="button"
			className={styles.demo}
			data-testid="hide-demo"
			aria-pressed={!hideDemo}
			title={hideDemo ? "The demo's telemetry is hidden: show it" : "The demo's telemetry is shown: hide it"}
			onClick={() => set({ hideDemo: !hideDemo })}
		>
			<Icon name="eye" size={14} />
			<span>Demo {hideDemo ? "hidden" : "shown"}</span>
		</button>
	);
}

/** What the page really shows; false until it is known in the browser. */
function useIsDark(): boolean {
	const { colorScheme } = useMantineColorScheme();
	const [dark, setDark] = useState(false);
	// biome-ignore lint/correctness/useExhaustiveDependencies: the attribute follows the colour scheme
	useEffect(() => {
		const read = () => setDark(document.documentElement.getAttribute("data-mantine-color-scheme") === "dark");
		read();
		const observer = new MutationObserver(read);
		observer.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
		return () => observer.disconnect();
	}, [colorScheme]);
	return dark;
}
