/**
 * Receivers to compare with, each one thread: `reads` takes a body and answers 200 (what the generator and HTTP alone can do); `trial` is the
 * shortest thing that stores: pbf, DuckDB's row appender, a commit before the 200, no journal, no roll-ups, no checks.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { PbfReader } from "pbf";

export interface BaselineReady {
	otlpUrl: string;
}

const [kind, dataDir] = process.argv.slice(2);
const store = kind === "trial" ? await openTrial(dataDir!) : null;
const server = createServer((request, response) => {
	void readBody(request).then(async (body) => {
		await store?.(body);
		response.writeHead(200, { "content-type": "application/x-protobuf", "content-length": 0 }).end();
	});
});
server.listen(0, "127.0.0.1", () => {
	process.send?.({ otlpUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } satisfies BaselineReady);
});
process.on("disconnect", () => process.exit(0));

async function readBody(request: IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks);
}

async function openTrial(folder: string): Promise<(body: Buffer) => Promise<void>> {
	const instance = await DuckDBInstance.create(join(folder, "trial.duckdb"), { threads: "2" });
	const connection = await instance.connect();
	await connection.run(
		`create table spans (trace_hi ubigint, trace_lo ubigint, span_id ubigint, parent_id ubigint, service varchar, name varchar,
		 kind utinyint, start_ns bigint, end_ns bigint, status utinyint, attributes varchar)`,
	);
	let last: Promise<void> = Promise.resolve();
	return (body) => {
		last = last.then(async () => {
			await connection.run("begin");
			const appender = await connection.createAppender("spans");
			readSpans(body, (service, span) => {
				appender.appendUBigInt(span.traceHi);
				appender.appendUBigInt(span.traceLo);
				appender.appendUBigInt(span.spanId);
				appender.appendUBigInt(span.parentId);
				appender.appendVarchar(service);
				appender.appendVarchar(span.name);
				appender.appendUTinyInt(span.kind);
				appender.appendBigInt(span.start);
				appender.appendBigInt(span.end);
				appender.appendUTinyInt(span.status);
				appender.appendVarchar(JSON.stringify(span.attributes));
				appender.endRow();
			});
			appender.closeSync();
			await connection.run("commit");
		});
		return last;
	};
}

interface TrialSpan {
	traceHi: bigint;
	traceLo: bigint;
	spanId: bigint;
	parentId: bigint;
	name: string;
	kind: number;
	start: bigint;
	end: bigint;
	status: number;
	attributes: Record<string, string | number | boolean>;
}

function readSpans(body: Buffer, onSpan: (service: string, span: TrialSpan) => void): void {
	const pbf = new PbfReader(body);
	const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
	const fixed64 = (): bigint => {
		const value = view.getBigUint64(pbf.pos, true);
		pbf.pos += 8;
		return value;
	};
	const attribute = (into: Record<string, string | number | boolean>): void => {
		let key = "";
		pbf.readMessage((tag) => {
			if (tag === 1) key = pbf.readString();
			else if (tag === 2)
				pbf.readMessage((type) => {
					if (type === 1) into[key] = pbf.readString();
					else if (type === 2) into[key] = pbf.readBoolean();
					else if (type === 3) into[key] = pbf.readVarint(true);
				}, null);
		}, null);
	};
	const span = (): TrialSpan => {
		const one: TrialSpan = {
			traceHi: 0n,
			traceLo: 0n,
			spanId: 0n,
			parentId: 0n,
			name: "",
			kind: 0,
			start: 0n,
			end: 0n,
			status: 0,
			attributes: {},
		};
		pbf.readMessage((tag) => {
			if (tag === 1) {
				const at = pbf.readVarint() && pbf.pos;
				one.traceHi = view.getBigUint64(at);
				one.traceLo = view.getBigUint64(at + 8);
				pbf.pos = at + 16;
			} else if (tag === 2 || tag === 4) {
				const at = pbf.readVarint() && pbf.pos;
				one[tag === 2 ? "spanId" : "parentId"] = view.getBigUint64(at);
				pbf.pos = at + 8;
			} else if (tag === 5) one.name = pbf.readString();
			else if (tag === 6) one.kind = pbf.readVarint();
			else if (tag === 7) one.start = fixed64();
			else if (tag === 8) one.end = fixed64();
			else if (tag === 9) attribute(one.attributes);
			else if (tag === 15)
				pbf.readMessage((field) => {
					if (field === 3) one.status = pbf.readVarint();
				}, null);
		}, null);
		return one;
	};
	pbf.readFields((tag) => {
		if (tag !== 1) return;
		const resource: Record<string, string | number | boolean> = {};
		pbf.readMessage((part) => {
			if (part === 1)
				pbf.readMessage((field) => {
					if (field === 1) attribute(resource);
				}, null);
			else if (part === 2)
				pbf.readMessage((field) => {
					if (field === 2) onSpan(String(resource["service.name"]), span());
				}, null);
		}, null);
	}, null);
}
