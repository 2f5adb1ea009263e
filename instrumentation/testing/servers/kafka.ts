import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Found, freePort, onPath, type RunningServer, run, type Startable, startServer } from "./program.ts";

const VERSION = "3.9.1";
const FETCH_WITHIN_MS = 8 * 60_000;
/** A small server: what matters is the protocol. */
const JAVA = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

/** Apache Kafka in KRaft mode, one node: broker and controller. Its jars come from Maven Central, once. */
export async function findKafka(): Promise<Startable> {
	const java = onPath("java");
	if (java === undefined) {
		return { missing: "no Java: Kafka needs java 17 on the PATH" };
	}
	const jars = await kafkaJars();
	if ("missing" in jars) {
		return jars;
	}
	return { found: () => startNode(java, ["-cp", join(jars.found, "*")]) };
}

async function startNode(java: string, classPath: readonly string[]): Promise<RunningServer> {
	const controllerPort = await freePort();
	return startServer(
		java,
		(folder) => [
			...JAVA,
			`-Dlog4j.configuration=file:${folder}/log4j.properties`,
			...classPath,
			"kafka.Kafka",
			`${folder}/server.properties`,
		],
		/Kafka Server started/,
		async (folder, port) => {
			writeFileSync(join(folder, "log4j.properties"), LOG_TO_STDOUT);
			writeFileSync(join(folder, "server.properties"), properties(folder, port, controllerPort));
			const id = createHash("sha256").update(folder).digest("base64url").slice(0, 22);
			const format = ["kafka.tools.StorageTool", "format", "-t", id, "-c", join(folder, "server.properties")];
			await run(java, [...JAVA, ...classPath, ...format], { withinMs: 60_000 });
		},
	);
}

const LOG_TO_STDOUT = `log4j.rootLogger=WARN, out
log4j.logger.kafka.server.KafkaRaftServer=INFO
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%p %c %m%n
`;

function properties(folder: string, port: number, controllerPort: number): string {
	return Object.entries({
		"process.roles": "broker,controller",
		"node.id": 1,
		"controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
		listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
		"advertised.listeners": `PLAINTEXT://127.0.0.1:${port}`,
		"controller.listener.names": "CONTROLLER",
		"listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
		"log.dirs": join(folder, "data"),
		"num.partitions": 1,
		"offsets.topic.replication.factor": 1,
		"offsets.topic.num.partitions": 1,
		"transaction.state.log.replication.factor": 1,
		"transaction.state.log.min.isr": 1,
		"group.initial.rebalance.delay.ms": 0,
		"group.min.session.timeout.ms": 500,
	})
		.map(([key, value]) => `${key}=${value}\n`)
		.join("");
}

/** The folder of Kafka's jars, fetched by Maven into the repository's cache when it is not there. */
async function kafkaJars(): Promise<Found<string>> {
	const cache = fileURLToPath(new URL("../../../node_modules/.cache/trivet", import.meta.url));
	const folder = join(cache, `kafka-${VERSION}`);
	if (existsSync(folder)) {
		return { found: folder };
	}
	const maven = onPath("mvn");
	if (maven === undefined) {
		return { missing: "no Maven: mvn fetches Apache Kafka from Maven Central" };
	}
	mkdirSync(cache, { recursive: true });
	const next = mkdtempSync(`${folder}-`);
	try {
		writeFileSync(join(next, "pom.xml"), POM);
		const jars = join(next, "jars");
		const goal = ["-q", "-B", "dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${jars}`];
		const said = await run(maven, goal, { withinMs: FETCH_WITHIN_MS, cwd: next });
		if (!existsSync(jars) || !readdirSync(jars).some((name) => name.startsWith("kafka_"))) {
			return { missing: `Maven could not fetch Kafka: ${said.slice(-500)}` };
		}
		try {
			renameSync(jars, folder);
		} catch {
			// Somebody else was first.
		}
		return { found: folder };
	} finally {
		rmSync(next, { recursive: true, force: true });
	}
}

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
	<modelVersion>4.0.0</modelVersion>
	<groupId>trivet</groupId><artifactId>kafka-for-tests</artifactId><version>1</version>
	<dependencies>
		<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency>
		<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-reload4j</artifactId><version>1.7.36</version></dependency>
	</dependencies>
</project>
`;
