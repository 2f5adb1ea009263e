import { mkdirSync } from "node:fs";
import { findProgram, type Startable, startServer } from "./program.ts";

/** The system's MariaDB, empty, open to everyone on this machine: MySQL's wire protocol by a real server. */
export async function findMariadb(): Promise<Startable> {
	const program = await findProgram("mariadbd", "mariadb-server-core");
	if ("missing" in program) {
		return program;
	}
	const asRoot = process.getuid?.() === 0 ? ["--user=root"] : [];
	const found = () =>
		startServer(
			program.found,
			(folder, port) => [
				"--no-defaults",
				...asRoot,
				`--datadir=${folder}/data`,
				`--socket=${folder}/socket`,
				`--port=${port}`,
				"--bind-address=127.0.0.1",
				"--innodb-buffer-pool-size=16M",
				"--skip-name-resolve",
				// Without these the tables of users would have to be set up first, by a script that needs more packages.
				"--skip-grant-tables",
			],
			/ready for connections/,
			async (folder) => mkdirSync(`${folder}/data`),
		);
	return { found };
}
