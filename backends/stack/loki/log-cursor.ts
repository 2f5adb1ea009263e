import { z } from "zod";
import type { TimeWindow } from "../../../core/model.ts";
import { InvalidInput } from "../../../core/ports.ts";
import type { Position } from "./log-pages.ts";

const cursorSchema = z.tuple([z.bigint(), z.bigint()]).or(z.tuple([z.bigint(), z.bigint(), z.bigint(), z.bigint()]));

/** Opaque to everyone else. `window`: of a question that names none, where its lines were found. */
export function writeCursor({ timeUnixNano, skip }: Position, window: TimeWindow | null): string {
	const parts = [timeUnixNano, BigInt(skip), ...(window === null ? [] : [window.fromUnixNano, window.toUnixNano])];
	return Buffer.from(parts.join(",")).toString("base64url");
}

/** Throws `InvalidInput` for what is none. */
export function readCursor(cursor: string): { position: Position; window: TimeWindow | null } {
	const texts = Buffer.from(cursor, "base64url").toString("latin1").split(",");
	const parsed = cursorSchema.safeParse(texts.map((text) => (/^-?\d{1,19}$/.test(text) ? BigInt(text) : null)));
	if (!parsed.success || parsed.data[1] < 0n || parsed.data[1] > 1_000_000n) {
		throw new InvalidInput(
			`the cursor ${JSON.stringify(cursor.slice(0, 80))} is not one of this query: start without it`,
		);
	}
	const [timeUnixNano, skip, from, to] = parsed.data;
	const window = from === undefined || to === undefined ? null : { fromUnixNano: from, toUnixNano: to };
	return { position: { timeUnixNano, skip: Number(skip) }, window };
}
