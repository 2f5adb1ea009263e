/** The load's own process: `start` with a plan begins, `stop` ends early; answers `progress` and `done`. */

import { runLoad } from "./load.ts";
import type { LoadPlan, LoadProgress } from "./load-plan.ts";

export type ToGenerator = { type: "start"; plan: LoadPlan } | { type: "stop" };
export type FromGenerator = { type: "ready" } | { type: "progress" | "done"; progress: LoadProgress };

const stopping = new AbortController();
const tell = (message: FromGenerator) => process.send?.(message);

process.on("disconnect", () => process.exit(0));
process.on("message", (message: ToGenerator) => {
	if (message.type === "stop") stopping.abort();
	else {
		void runLoad(message.plan, (progress) => tell({ type: "progress", progress }), stopping.signal).then((progress) => {
			tell({ type: "done", progress });
		});
	}
});
tell({ type: "ready" });
