/** Unary calls with the gRPC library that OpenTelemetry's JavaScript exporters use, bytes in and bytes out. */
import { type ChannelOptions, Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";

export const METHODS = {
	traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
	logs: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
	metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
} as const;

export interface GrpcReply {
	/** 0 is OK. */
	code: number;
	details: string;
	/** Of the answer; empty with an error. */
	body: Buffer;
	/** The error says when to try again. */
	retryInfo: boolean;
}

export const grpcClient = (port: number, options: ChannelOptions = {}): Client =>
	new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);

export function grpcCall(client: Client, path: string, body: Uint8Array): Promise<GrpcReply> {
	const bytes = (message: Buffer): Buffer => message;
	const deadline = Date.now() + 30_000;
	return new Promise((resolve) => {
		const settle = (error: ServiceError | null, answer?: Buffer) => {
			const details = error?.metadata.get("grpc-status-details-bin")[0];
			resolve({
				code: error?.code ?? 0,
				details: error?.details ?? "",
				body: answer ?? Buffer.alloc(0),
				retryInfo: details?.toString("latin1").includes("type.googleapis.com/google.rpc.RetryInfo") ?? false,
			});
		};
		client.makeUnaryRequest(path, bytes, bytes, Buffer.from(body), new Metadata(), { deadline }, settle);
	});
}
