import type { SpanKind } from "./trace-tree.ts";
import styles from "./waterfall.module.css";

/** Arrows into and out of a wall: server, client; with a dot for messages: consumer, producer. A small ring is work inside. */
const PATHS: Record<SpanKind, { path: string; dot: number | null; title: string }> = {
	server: { path: "M10 1v10M1 6h6M5 3.5 7.5 6 5 8.5", dot: null, title: "server: answers a call" },
	client: { path: "M2 1v10M4 6h7M8.5 3.5 11 6 8.5 8.5", dot: null, title: "client: makes a call" },
	consumer: { path: "M10 1v10M3.5 6h4M6 3.5 8 6 6 8.5", dot: 1.5, title: "consumer: takes a message" },
	producer: { path: "M2 1v10M4 6h4M6 3.5 8 6 6 8.5", dot: 10.5, title: "producer: sends a message" },
	internal: {
		path: "M6 3.8a2.2 2.2 0 1 0 0 4.4a2.2 2.2 0 1 0 0-4.4",
		dot: null,
		title: "internal: work inside the service",
	},
	unspecified: { path: "", dot: 6, title: "kind not stated" },
};

export function KindIcon({ kind }: { kind: SpanKind }) {
	const { path, dot, title } = PATHS[kind];
	return (
		<svg className={styles.kind} viewBox="0 0 12 12" width="12" height="12" role="img" aria-label={title}>
			<title>{title}</title>
			<path d={path} fill="none" stroke="currentColor" strokeWidth="1.2" />
			{dot !== null && <circle cx={dot} cy="6" r="1.3" fill="currentColor" />}
		</svg>
	);
}
