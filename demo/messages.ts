/** What the supervisor and its children say to each other over IPC; parsed where it arrives. */
import { z } from "zod";
import { FAULT_IDS } from "./faults.ts";

const faults = z.array(z.enum(FAULT_IDS as [string, ...string[]]));

/** To a child: begin (what it depends on is up), or the faults have changed. */
export const toChildSchema = z.discriminatedUnion("type", [
	z.object({ type: z.literal("start"), faults }),
	z.object({ type: z.literal("faults"), faults }),
]);
export type ToChild = z.infer<typeof toChildSchema>;

/** To the supervisor. */
export const fromChildSchema = z.discriminatedUnion("type", [
	z.object({ type: z.literal("ready") }),
	z.object({ type: z.literal("progress"), text: z.string() }),
]);
export type FromChild = z.infer<typeof fromChildSchema>;
