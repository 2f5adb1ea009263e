#!/usr/bin/env node
/** `npx @trivet/instrumentation doctor [--seconds N] [-- command]`. */
import { doctor } from "./doctor/doctor.ts";
import { toText } from "./doctor/finding.ts";

const USAGE = `usage: npx @trivet/instrumentation doctor [--seconds N] [-- node app.js]

Sends one span, line and metric the way the environment (OTEL_*) says, follows them to the store and says what is wrong.
With the app's own command it is run first, until it listens or N seconds (15) are over, and then stopped.

  TRIVET_URL    the console that is asked for them, http://localhost:3000
  TRIVET_TOKEN  its token, if it wants one

Exit code: 0 nothing is wrong, 1 something is, 2 not understood.
`;
const PATIENCE_MS = 15_000;

interface Asked {
	seconds: number;
	command: string[];
}

/** undefined when not understood. */
function read(args: readonly string[]): Asked | undefined {
	const at = args.indexOf("--");
	const own = at === -1 ? args : args.slice(0, at);
	const command = at === -1 ? [] : args.slice(at + 1);
	const [name, ...rest] = own.flatMap((word) => word.split("="));
	const seconds = rest.length === 0 ? 15 : Number(rest[1]);
	const understood =
		name === "doctor" && (rest.length === 0 || (rest.length === 2 && rest[0] === "--seconds" && seconds > 0));
	return understood && (at === -1 || command.length > 0) ? { seconds, command } : undefined;
}

async function main(args: readonly string[]): Promise<number> {
	const asked = read(args);
	if (asked === undefined) {
		const help = args.includes("--help") || args.includes("-h");
		(help ? process.stdout : process.stderr).write(USAGE);
		return help ? 0 : 2;
	}
	const findings = await doctor({ env: process.env, patienceMs: PATIENCE_MS, ...asked });
	process.stdout.write(`${toText(findings)}\n`);
	return findings.some(({ level }) => level === "wrong") ? 1 : 0;
}

// What a signal ends takes the app's processes with it, by the exit listener.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
	process.once(signal, () => process.exit(1));
}
main(process.argv.slice(2)).then(
	(code) => process.exit(code),
	(error: unknown) => {
		process.stderr.write(`${String(error)}\n`);
		process.exit(2);
	},
);
