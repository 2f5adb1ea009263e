import { type IdGenerator, RandomIdGenerator } from "@opentelemetry/sdk-trace-base";

const random = new RandomIdGenerator();
let wanted: string | undefined;

/** Random ids, but a root span that is started in `withTraceId` gets the id asked for. */
export const idGenerator: IdGenerator = {
	generateTraceId: () => wanted ?? random.generateTraceId(),
	generateSpanId: () => random.generateSpanId(),
};

/** @param start starts one span, synchronously. */
export function withTraceId<T>(traceId: string | undefined, start: () => T): T {
	wanted = traceId;
	try {
		return start();
	} finally {
		wanted = undefined;
	}
}
