/**
 * The embedded backend's own process: this thread receives, journals and answers; a worker decodes, another owns the store. It ends by
 * itself when the process that started it is gone.
 */

import type { CallMessage, ReplyMessage } from "./rpc/message.ts";
import { EmbeddedService } from "./service.ts";
import type { Settings } from "./settings.ts";

export type ToProcess = { kind: "start"; settings: Settings } | { kind: "close" } | CallMessage;
export type FromProcess =
	| { kind: "ready"; otlpPort: number; otlpGrpcPort: number | null }
	| { kind: "failed"; message: string }
	| ReplyMessage;

const send = (message: FromProcess) => {
	// The other end may go at any moment.
	if (process.connected) process.send?.(message, () => {});
};

function fail(error: unknown): never {
	const message = error instanceof Error ? error.message : String(error);
	if (process.connected) process.send?.({ kind: "failed", message }, () => process.exit(1));
	else process.exit(1);
	throw error;
}

let service: EmbeddedService | null = null;
let ending = false;
const end = async () => {
	if (ending) return;
	ending = true;
	await service?.close();
	process.exit(0);
};

// Ctrl-C reaches the whole process group: the parent decides when this ends.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => void end());
process.on("disconnect", () => void end());
process.on("message", (message: ToProcess) => {
	if (message.kind === "start") {
		EmbeddedService.start(message.settings, send, fail).then(
			(started) => {
				service = started;
				if (ending) void started.close().then(() => process.exit(0));
				else send({ kind: "ready", otlpPort: started.otlpPort, otlpGrpcPort: started.otlpGrpcPort });
			},
			(error: unknown) => {
				send({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
				setTimeout(() => process.exit(1), 100);
			},
		);
	} else if (message.kind === "close") void end();
	else service?.receive(message);
});
