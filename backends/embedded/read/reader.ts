/** Everything that answers questions from the embedded store, behind the ports of core. */
import type { LogStore, MetricStore, TraceStore } from "../../../core/ports.ts";
import type { Database } from "../store/database.ts";
import { createFieldReader } from "./fields.ts";
import { createLogReader } from "./logs.ts";
import { createMetricReader } from "./metrics.ts";
import { createSearch } from "./search.ts";
import { createServiceReader } from "./services.ts";
import { createTopologyReader } from "./topology.ts";
import { createTraceReader } from "./traces.ts";

export function createReader(db: Database): { traces: TraceStore; logs: LogStore; metrics: MetricStore } {
	return {
		traces: {
			...createTraceReader(db),
			...createSearch(db),
			...createServiceReader(db),
			...createTopologyReader(db),
			...createFieldReader(db),
		},
		logs: createLogReader(db),
		metrics: createMetricReader(db),
	};
}
