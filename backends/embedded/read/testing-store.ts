/** A store in memory with its readers and roll-ups, for tests: the same code as in the process, without process, journal and HTTP. */
import type { Signal } from "../../../core/model.ts";
import { decode } from "../receive/decode.ts";
import { createRollup } from "../rollup/rollup.ts";
import { Store } from "../store/store.ts";
import { createReader } from "./reader.ts";

export async function memoryStore() {
	const store = await Store.open({ file: ":memory:", memoryMb: 256, threads: 1, readers: 2, retention: null });
	let position = 0n;
	return {
		store,
		...createReader(store),
		rollup: createRollup(store),
		/** Loads one OTLP/JSON export request. */
		async load(signal: Signal, otlp: object, keep = false): Promise<void> {
			const body = Buffer.from(JSON.stringify(otlp));
			const { batch } = decode({ signal, type: "json", body, receivedMs: Date.now(), keep, deny: [] });
			await store.load([batch], { file: 0n, position: ++position });
		},
	};
}
