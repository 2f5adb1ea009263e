/** Test support: a skeleton from a drawing, one span a line, indentation (two spaces) is depth: `service name start+duration [!]` in milliseconds. */
import type { LogRecordAnswer, Skeleton } from "../../../server/api/schema.ts";

export function drawnTrace(drawing: string): Skeleton {
	const lines = drawing.split("\n").filter((line) => line.trim() !== "");
	const margin = Math.min(...lines.map((line) => line.search(/\S/)));
	const services: string[] = [];
	const names: string[] = [];
	const numberOf = (list: string[], value: string) => {
		const known = list.indexOf(value);
		return known >= 0 ? known : list.push(value) - 1;
	};
	const columns: Skeleton["columns"] = {
		spanId: [],
		parent: [],
		depth: [],
		subtree: [],
		service: [],
		name: [],
		kind: [],
		startNs: [],
		durationNs: [],
		selfNs: [],
		error: [],
		flags: [],
		events: [],
		links: [],
	};
	const open: number[] = [];
	for (const [row, line] of lines.entries()) {
		const match = /^\s*(\S+) (.+?) (-?[\d.]+)\+([\d.]+)(?: (!))?(?: #([0-9a-f]{16}))?\s*$/.exec(line);
		if (!match) throw new Error(`not a drawn span: ${line}`);
		const depth = (line.search(/\S/) - margin) / 2;
		open.length = depth;
		for (const above of open) columns.subtree[above]!++;
		columns.spanId.push(match[6] ?? (row + 1).toString(16).padStart(16, "0"));
		columns.parent.push(open.at(-1) ?? -1);
		columns.depth.push(depth);
		columns.subtree.push(1);
		columns.service.push(numberOf(services, match[1]!));
		columns.name.push(numberOf(names, match[2]!));
		columns.kind.push(0);
		columns.startNs.push(Number(match[3]) * 1e6);
		columns.durationNs.push(Number(match[4]) * 1e6);
		columns.selfNs.push(0);
		columns.error.push(match[5] ? 1 : 0);
		columns.flags.push(depth === 0 ? 1 : 0);
		columns.events.push(0);
		columns.links.push(0);
		open.push(row);
	}
	return {
		traceId: "0123456789abcdef0123456789abcdef",
		startUnixNano: "1780000000123456789",
		durationNs: columns.durationNs[0] ?? 0,
		spanCount: lines.length,
		errorCount: columns.error.filter((error) => error === 1).length,
		depth: Math.max(...columns.depth) + 1,
		orphans: 0,
		services: services.map((service) => ({ service, spans: 1, errors: 0, selfNs: 0 })),
		root: null,
		criticalPath: [],
		percentile: null,
		partial: false,
		dictionary: { services, names, kinds: ["internal", "server"], flags: ["root", "orphan", "placeholder"] },
		columns,
	};
}

/** A log line at `ms` from the drawn trace's start. */
export function drawnLog(
	ms: number,
	spanId: string | null,
	service: string,
	level: LogRecordAnswer["level"],
	body: string,
): LogRecordAnswer {
	return {
		timeUnixNano: String(1780000000123456789n + BigInt(Math.round(ms * 1e6))),
		sequence: 0,
		service,
		level,
		severityText: level.toUpperCase(),
		body,
		traceId: "0123456789abcdef0123456789abcdef",
		spanId,
		attributes: {},
		resource: {},
	};
}
