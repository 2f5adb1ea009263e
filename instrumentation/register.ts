/** `node --import @trivet/instrumentation/register app.js`, or `--require`, or NODE_OPTIONS: start before the app loads anything. */
import { isMainThread } from "node:worker_threads";
import { start } from "./start.ts";
import { tellMainThread } from "./threads.ts";

// Worker threads inherit --import; pino's transports are such threads and must not log about themselves.
if (isMainThread) {
	start();
} else {
	tellMainThread();
}
