/** A real Redis for the demo's carts, when the machine has one; without it they are kept in memory. */
import { mkdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { guardAgainstOrphans, startProcess } from "../engines/engine-process.ts";
import { freePort } from "../engines/engines.ts";

export interface Redis {
	url: string;
	stop(): Promise<void>;
}

const BINARY = "redis-server";
const READY_WITHIN_MS = 10_000;

/** null when there is no redis-server on the PATH, or it does not get ready. */
export async function startRedis(parent: string): Promise<Redis | null> {
	const dir = join(parent, "redis");
	mkdirSync(dir, { recursive: true });
	const port = await freePort();
	const redis = startProcess({
		title: "Redis",
		binary: BINARY,
		args: ["--bind", "127.0.0.1", "--port", String(port), "--save", "", "--appendonly", "no", "--dir", dir],
		env: { PATH: process.env.PATH ?? "" },
		cwd: dir,
		logFile: join(dir, "redis.log"),
	});
	const callOffGuard = guardAgainstOrphans(redis.pid > 0 ? [redis.pid] : []);
	const stop = async (): Promise<void> => {
		await redis.stop();
		callOffGuard();
	};
	const deadline = Date.now() + READY_WITHIN_MS;
	while (redis.pid > 0 && Date.now() < deadline) {
		if (await answersPing(port)) return { url: `redis://127.0.0.1:${port}`, stop };
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	await stop();
	return null;
}

function answersPing(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
		const end = (answered: boolean): void => {
			socket.destroy();
			resolve(answered);
		};
		socket.setTimeout(1_000, () => end(false));
		socket.once("error", () => end(false));
		socket.once("data", (answer) => end(answer.toString("latin1").startsWith("+PONG")));
	});
}
