/**
 * The look: near-neutral surfaces, small type, straight columns of figures. Colour says one of two things only: which service, or that something
 * is wrong. Everything else is ink. Tokens are CSS variables (`--ink`, `--line`, ...) set per scheme; components and canvases use those.
 */
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";
import { type Scheme, serviceVariables } from "./service-color.ts";

const iris: MantineColorsTuple = [
	"#eef1ff",
	"#dce2ff",
	"#b8c3ff",
	"#93a4ff",
	"#7688fb",
	"#5d70f0",
	"#4a5ce0",
	"#3c4cc4",
	"#323fa2",
	"#2a3582",
];

export const SANS = '"Inter Variable", system-ui, -apple-system, "Segoe UI", sans-serif';
export const MONO = '"JetBrains Mono Variable", ui-monospace, "SF Mono", Menlo, Consolas, monospace';

/** Every token, in both schemes. `ink` to `ink-4`: text from loudest to faintest (all legible); `plane` to `sunken`: surfaces. */
export const TOKENS = {
	light: {
		page: "#f6f7f9",
		plane: "#ffffff",
		raised: "#ffffff",
		sunken: "#eef0f3",
		hover: "#f0f2f6",
		selected: "#e9edff",
		line: "#e3e6eb",
		"line-strong": "#cdd2da",
		ink: "#12161d",
		"ink-2": "#414a58",
		"ink-3": "#646e7d",
		"ink-4": "#8b94a1",
		accent: "#3f51d6",
		"accent-ink": "#ffffff",
		error: "#d0312f",
		"error-soft": "#fdecea",
		warn: "#a86200",
		"warn-soft": "#fdf3e0",
		ok: "#17805a",
		"ok-soft": "#e5f5ee",
		info: "#2f6fb3",
		shadow: "0 1px 2px rgb(16 22 32 / 6%), 0 8px 28px rgb(16 22 32 / 12%)",
	},
	dark: {
		page: "#0b0d11",
		plane: "#11141a",
		raised: "#171b22",
		sunken: "#0d1015",
		hover: "#181d25",
		selected: "#1c2340",
		line: "#20252e",
		"line-strong": "#333a46",
		ink: "#e8ebf0",
		"ink-2": "#b4bcc8",
		"ink-3": "#8a94a3",
		"ink-4": "#626c7a",
		accent: "#8c9dff",
		"accent-ink": "#0b0d11",
		error: "#ff6b64",
		"error-soft": "#33181a",
		warn: "#e8a33d",
		"warn-soft": "#2e2313",
		ok: "#4cc38a",
		"ok-soft": "#132a20",
		info: "#6cb0f0",
		shadow: "0 1px 2px rgb(0 0 0 / 40%), 0 12px 40px rgb(0 0 0 / 55%)",
	},
} as const satisfies Record<Scheme, Record<string, string>>;

export type Token = keyof (typeof TOKENS)["light"];

export const theme = createTheme({
	fontFamily: SANS,
	fontFamilyMonospace: MONO,
	primaryColor: "iris",
	primaryShade: { light: 6, dark: 4 },
	colors: { iris },
	autoContrast: true,
	defaultRadius: 6,
	fontSizes: { xs: "11px", sm: "12px", md: "13px", lg: "15px", xl: "18px" },
	lineHeights: { xs: "16px", sm: "18px", md: "20px", lg: "22px", xl: "26px" },
	spacing: { xs: "4px", sm: "8px", md: "12px", lg: "16px", xl: "24px" },
	headings: { fontFamily: SANS, fontWeight: "600" },
	cursorType: "pointer",
	respectReducedMotion: true,
	components: {
		Tooltip: { defaultProps: { openDelay: 250, withArrow: false, transitionProps: { duration: 80 } } },
		Menu: { defaultProps: { shadow: "none", transitionProps: { duration: 80 } } },
		Popover: { defaultProps: { shadow: "none", transitionProps: { duration: 80 } } },
		Modal: { defaultProps: { transitionProps: { duration: 100 } } },
	},
});

export const cssVariables: CSSVariablesResolver = () => ({
	variables: {},
	light: schemeVariables("light"),
	dark: schemeVariables("dark"),
});

function schemeVariables(scheme: Scheme): Record<string, string> {
	const tokens = TOKENS[scheme];
	return {
		...Object.fromEntries(Object.entries(tokens).map(([name, value]) => [`--${name}`, value])),
		...serviceVariables(scheme),
		"--mantine-color-body": tokens.page,
		"--mantine-color-text": tokens.ink,
		"--mantine-color-dimmed": tokens["ink-3"],
		"--mantine-color-default": tokens.plane,
		"--mantine-color-default-hover": tokens.hover,
		"--mantine-color-default-border": tokens.line,
		"--mantine-color-default-color": tokens.ink,
		"--mantine-color-placeholder": tokens["ink-4"],
		"--mantine-color-anchor": tokens.accent,
	};
}
