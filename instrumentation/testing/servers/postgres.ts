import { execFileSync } from "node:child_process";
import { chownSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { onPath, run, type Startable, startServer } from "./program.ts";

/** The system's PostgreSQL, open to everyone on this machine. It runs as anybody but root. */
export async function findPostgres(): Promise<Startable> {
	const program = installed();
	if (program === undefined) {
		return { missing: "postgres is not installed (apt-get install postgresql)" };
	}
	const as = process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : undefined;
	const found = () =>
		startServer(
			program,
			(folder, port) => ["-D", `${folder}/data`, "-p", String(port), "-h", "127.0.0.1", "-k", folder],
			/ready to accept connections/,
			async (folder) => {
				if (as !== undefined) {
					chownSync(folder, as.uid, as.gid);
				}
				const options = ["-D", `${folder}/data`, "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8"];
				await run(join(dirname(program), "initdb"), options, { withinMs: 60_000, cwd: folder, ...as });
			},
			as,
		);
	return { found };
}

/** Debian keeps it off the PATH, beside `initdb`, which has to come from the same place. */
function installed(): string | undefined {
	const linked = onPath("postgres");
	if (linked !== undefined) {
		return realpathSync(linked);
	}
	try {
		const versions = readdirSync("/usr/lib/postgresql").sort((a, b) => Number(b) - Number(a));
		return versions.length === 0 ? undefined : `/usr/lib/postgresql/${versions[0]!}/bin/postgres`;
	} catch {
		return undefined;
	}
}

function idOf(which: "-u" | "-g"): number {
	for (const user of ["postgres", "nobody"]) {
		try {
			return Number(execFileSync("id", [which, user], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
		} catch {
			// The next one.
		}
	}
	return 65_534;
}
