import type { OpenTraces } from "./open-traces.ts";
import { type ProfileKind, takeProfile } from "./profile.ts";

/** What somebody asks for. */
export interface ProfileWish {
	kind: ProfileKind;
	format: "v8" | "pprof";
	seconds: number;
	collected: boolean;
}

/** A profile as it is sent. */
export interface ProfileFile {
	name: string;
	body: string | Uint8Array;
	/** The traces that had a span open meanwhile, those open longest first. */
	traceIds: readonly string[];
}

export interface ProfiledProcess {
	service: string;
	traces: OpenTraces | undefined;
}

/**
 * Profile this process. @param leaveOut the trace of whoever asks. @throws what `takeProfile` throws.
 */
export async function takeProfileFile(
	{ kind, format, seconds, collected }: ProfileWish,
	of: ProfiledProcess,
	signal: AbortSignal,
	leaveOut?: string,
): Promise<ProfileFile> {
	const profile = await takeProfile({ kind, seconds, collected, signal }, { ...of, leaveOut });
	const body = format === "pprof" ? await profile.toPprof() : profile.toJson();
	const name = `${profile.service.replace(/[^\w.-]/g, "_")}-${profile.pid}-${profile.startedAt.replace(/[:.]/g, "-")}`;
	return { body, traceIds: profile.traceIds, name: `${name}.${format === "v8" ? `${kind}profile` : `${kind}.pb.gz`}` };
}
