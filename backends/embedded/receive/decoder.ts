/** Worker thread that decodes, so that the receiver's thread stays free to answer. */
import { parentPort } from "node:worker_threads";
import type { ErrorMessage } from "../rpc/message.ts";
import { toErrorMessage } from "../rpc/message.ts";
import { transferList } from "../store/batch.ts";
import { type Decoded, decode, type Request } from "./decode.ts";

export interface DecodeJob {
	id: number;
	request: Request;
}

/** The body comes back with the rows: the journal wants it next. */
export type DecodeDone = { id: number; body: Uint8Array } & ({ decoded: Decoded } | { error: ErrorMessage });

const port = parentPort;
if (port === null) throw new Error("decoder.ts is the entry of a worker thread");
port.on("message", ({ id, request }: DecodeJob) => {
	const { body } = request;
	let done: DecodeDone;
	const transfer = [body.buffer as ArrayBuffer];
	try {
		const decoded = decode(request);
		transfer.push(...transferList(decoded.batch));
		done = { id, body, decoded };
	} catch (error) {
		done = { id, body, error: toErrorMessage(error) };
	}
	port.postMessage(done, transfer);
});
