/** docker-compose.yml, read as compose reads it (compose-go, without Docker), with each profile; and what it mounts. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readStackSettings } from "../../backends/stack/settings.ts";
import { SERVICES } from "../../demo/shop.ts";
import { readConfig } from "../../server/config.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const HERE = fileURLToPath(new URL(".", import.meta.url));
const missing = process.env.CI !== "true" && !hasGo();
if (missing)
	console.log("compose.test.ts is skipped: it needs Go (https://go.dev/dl/) to read the file as compose does.");

function hasGo(): boolean {
	try {
		execFileSync("go", ["version"], { stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
}

interface Service {
	image: string;
	user?: string;
	command: string[] | null;
	environment?: Record<string, string>;
	mem_limit?: string;
	restart?: string;
	networks: Record<string, unknown>;
	healthcheck?: { test: string[]; start_period: string };
	ports?: { host_ip?: string; published: string; target: number }[];
	volumes?: { type: string; source: string; target: string; read_only?: boolean }[];
	configs?: { source: string; target: string }[];
	depends_on?: Record<string, { condition: string }>;
	cap_drop?: string[];
	build?: { context: string; dockerfile: string; target: string };
	hostname?: string;
}
interface Project {
	services: Record<string, Service>;
	volumes: Record<string, unknown>;
	configs: Record<string, { content: string }>;
	networks: Record<string, unknown>;
}

/** Ways to start it: the profiles and the variables that belong to them, and the services that run then. */
const WAYS: [way: string, profiles: string[], variables: Record<string, string>, more: string[]][] = [
	["by itself", [], {}, []],
	["with the demo", ["demo"], {}, ["demo", "postgres", "redis"]],
	["with Mimir", ["scale"], { TRIVET_METRICS: "mimir" }, ["mimir"]],
	["with tails sampled", [], { TRIVET_COLLECTOR: "collector-tail-sampling" }, []],
	["with gateways", [], { TRIVET_COLLECTOR: "collector-gateway" }, []],
	["with everything", ["demo", "scale"], { TRIVET_METRICS: "mimir" }, ["demo", "mimir", "postgres", "redis"]],
];
const ALWAYS = ["alertmanager", "collector", "console", "grafana", "loki", "prometheus", "tempo"];
/** Their images hold one program and nothing that could ask it; docker-compose.yml says so beside them. */
const CANNOT_BE_ASKED = ["collector", "mimir"];
/** The images whose own user is root; the others name an unprivileged one in their Dockerfile. */
const NAMES_A_USER = ["postgres", "redis", "mimir"];

let folder: string;
let program: string;

function load(profiles: string[], variables: Record<string, string> = {}): Project {
	return read([join(ROOT, "docker-compose.yml"), ...profiles], variables) as Project;
}

function yaml(path: string): unknown {
	return read(["-yaml", join(ROOT, path)]);
}

function read(args: string[], variables: Record<string, string> = {}): unknown {
	const env = { ...variables, PATH: process.env.PATH } as unknown as NodeJS.ProcessEnv;
	return JSON.parse(execFileSync(program, args, { env, encoding: "utf8", maxBuffer: 10_000_000 }));
}

function filesBelow(path: string): string[] {
	return readdirSync(join(ROOT, path), { withFileTypes: true }).flatMap((entry) =>
		entry.isDirectory() ? filesBelow(join(path, entry.name)) : [join(path, entry.name)],
	);
}

beforeAll(() => {
	if (missing) return;
	folder = mkdtempSync(join(tmpdir(), "trivet-compose-"));
	program = join(folder, "compose-check");
	execFileSync("go", ["build", "-mod=readonly", "-buildvcs=false", "-o", program, "."], { cwd: HERE });
});
afterAll(() => {
	if (folder) rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(missing).each(WAYS)("compose %s", (_way, profiles, variables, more) => {
	let project: Project;
	let services: [string, Service][];
	beforeAll(() => {
		project = load(profiles, variables);
		services = Object.entries(project.services);
	});

	it("starts what it should", () => {
		expect(Object.keys(project.services).sort()).toEqual([...ALWAYS, ...more].sort());
	});

	it("publishes on 127.0.0.1 and nowhere else, each port once", () => {
		const ports = services.flatMap(([, service]) => service.ports ?? []);
		expect(ports.filter((port) => port.host_ip !== "127.0.0.1")).toEqual([]);
		const published = ports.map((port) => port.published);
		expect(published).toEqual(expect.arrayContaining(["3000", "3001", "4317", "4318"]));
		expect(new Set(published).size).toBe(published.length);
	});

	it.each<[string, (name: string, service: Service) => boolean]>([
		[
			"an image of one exact version",
			(_, { image }) => /^[\w./-]+:v?\d+\.\d+\.\d+[\w.-]*$|:\d+\.\d+-alpine$/.test(image),
		],
		["a memory limit", (_, { mem_limit }) => Number(mem_limit) >= 64 * 2 ** 20],
		["a restart policy", (_, { restart }) => restart === "unless-stopped"],
		["the one network", (_, { networks }) => Object.keys(networks).join() === "trivet"],
		["no capabilities", (_, { cap_drop }) => cap_drop?.join() === "ALL"],
		[
			"a user that is not root",
			(name, { user }) => !NAMES_A_USER.includes(name) || (user !== undefined && !/^(root|0)/.test(user)),
		],
		[
			"a health check with a start period, or a reason",
			(name, { healthcheck }) => CANNOT_BE_ASKED.includes(name) !== (healthcheck?.start_period === "1m0s"),
		],
		[
			"Go's memory below the container's",
			(_, { environment, mem_limit }) => {
				const mib = /^(\d+)MiB$/.exec(environment?.GOMEMLIMIT ?? "0MiB")?.[1];
				return Number(mib) * 2 ** 20 < Number(mem_limit);
			},
		],
	])("gives every service %s", (_what, holds) => {
		expect(services.filter(([name, service]) => !holds(name, service)).map(([name]) => name)).toEqual([]);
	});

	it("mounts files that are in the repository, for reading only, and volumes that have a name", () => {
		for (const [name, service] of services) {
			for (const { type, source, target, read_only } of service.volumes ?? []) {
				if (type === "volume") expect(project.volumes, `${name}: ${target}`).toHaveProperty(source);
				else {
					expect(existsSync(source), `${name}: ${source}`).toBe(true);
					expect(read_only, `${name}: ${source}`).toBe(true);
				}
			}
			for (const { source } of service.configs ?? []) expect(project.configs[source]?.content).toBeTruthy();
		}
	});

	it("waits for health only of who can be asked", () => {
		for (const [name, { depends_on = {} }] of services) {
			for (const [other, { condition }] of Object.entries(depends_on)) {
				const asked = project.services[other]?.healthcheck !== undefined;
				expect(condition, `${name} -> ${other}`).toBe(asked ? "service_healthy" : "service_started");
			}
		}
	});

	it("starts each program with files that are mounted", () => {
		for (const [name, { command, volumes = [] }] of services) {
			for (const argument of command ?? []) {
				const file = /^--?config(?:\.file)?=(.*)$/.exec(argument)?.[1];
				if (file)
					expect(
						volumes.map(({ target }) => target),
						name,
					).toContain(file);
			}
		}
	});

	it("says metrics, one place for who writes and who reads", () => {
		const { console, collector, tempo, grafana } = project.services;
		const place = variables.TRIVET_METRICS ?? "prometheus";
		expect(new URL(console?.environment?.PROMETHEUS_URL ?? "").hostname).toBe(place);
		expect(new URL(collector?.environment?.PROMETHEUS_OTLP_ENDPOINT ?? "").hostname).toBe(place);
		expect(new URL(tempo?.environment?.TEMPO_REMOTE_WRITE_URL ?? "").hostname).toBe(place);
		const tenants = [console, collector, grafana].map((service) => service?.environment?.PROMETHEUS_TENANT);
		expect(new Set([...tenants, tempo?.environment?.TEMPO_REMOTE_WRITE_TENANT])).toEqual(new Set(["trivet"]));
	});

	it("has one generator of span metrics", () => {
		const sampling = variables.TRIVET_COLLECTOR === "collector-tail-sampling";
		const processors = project.services.tempo?.environment?.TEMPO_GENERATOR_PROCESSORS;
		expect(processors).toBe(sampling ? "[local-blocks]" : undefined);
	});

	it("gives the console settings it takes", () => {
		const environment = project.services.console?.environment ?? {};
		const config = readConfig(environment, "/trivet");
		expect(config).toMatchObject({ host: "0.0.0.0", token: null });
		expect(config.allowedHosts).toContain(new URL(project.configs["webhook-url"]?.content ?? "").hostname);
		const settings = readStackSettings(environment);
		expect(settings?.tempo?.url).toBe("http://tempo:3200/");
		expect(settings?.loki?.url).toBe("http://loki:3100/");
		expect(settings?.prometheus?.tenant).toBe("trivet");
	});
});

describe.skipIf(missing)("what compose mounts", () => {
	it("is YAML that parses, every file of it", () => {
		const files = filesBelow("collector-config").filter((file) => /\.ya?ml$/.test(file));
		expect(files.length).toBeGreaterThan(10);
		for (const file of files) expect(yaml(file), file).toBeTypeOf("object");
	});

	it("asks for no variable that is neither provided nor has a default", () => {
		const { services } = load(["demo", "scale"], { TRIVET_METRICS: "mimir" });
		for (const [name, { volumes = [], environment = {} }] of Object.entries(services)) {
			for (const { type, source } of volumes) {
				if (type !== "bind") continue;
				const relativePath = relative(ROOT, source);
				const files = statSync(source).isDirectory() ? filesBelow(relativePath) : [relativePath];
				for (const file of files) {
					// The boards' sources lie beside the JSON that Grafana reads.
					if (file.endsWith(".ts")) continue;
					const text = readFileSync(join(ROOT, file), "utf8").replace(/^\s*#.*$/gm, "");
					// ${NAME}, ${env:NAME} and Grafana's $NAME; what has a default needs none, and $$ is a dollar.
					for (const [, named] of text.matchAll(/(?<!\$)\$(?:\{(?:env:)?)?([A-Z][A-Z0-9_]+)(?![A-Z0-9_]*:-)/g)) {
						expect(Object.keys(environment), `${name}: ${file}`).toContain(named);
					}
				}
			}
		}
	});

	it("links Grafana's data sources to each other by uids that exist", () => {
		const file = "collector-config/grafana/provisioning/datasources/trivet.yaml";
		const { datasources } = yaml(file) as {
			datasources: { uid: string; url: string; jsonData: Record<string, never> }[];
		};
		const uids = datasources.map(({ uid }) => uid);
		expect(uids).toEqual(["trivet-tempo", "trivet-loki", "trivet-prometheus", "trivet-alertmanager"]);
		const linked = [...JSON.stringify(datasources).matchAll(/"datasourceUid":"([^"]+)"/g)].map(([, uid]) => uid);
		expect(linked.length).toBeGreaterThanOrEqual(6);
		expect(linked.filter((uid) => !uids.includes(uid as string))).toEqual([]);
		const hosts = datasources.filter(({ url }) => url.startsWith("http")).map(({ url }) => new URL(url).hostname);
		expect(hosts.filter((host) => !(host in load([]).services))).toEqual([]);
		const [tempo, loki, prometheus] = datasources.map(({ jsonData }) => Object.keys(jsonData));
		expect(tempo).toEqual(expect.arrayContaining(["tracesToLogsV2", "tracesToMetrics", "serviceMap", "nodeGraph"]));
		expect(loki).toContain("derivedFields");
		expect(prometheus).toContain("exemplarTraceIdDestinations");
	});

	it("scrapes every service of the demo where it serves its metrics, under the name it has in spans", () => {
		const { demo } = load(["demo"]).services;
		const first = Number(demo?.environment?.TRIVET_DEMO_METRICS_PORT);
		const targets = yaml("collector-config/compose/prometheus-targets/scrape-demo.yml");
		expect(targets).toEqual(
			SERVICES.map(({ name }, index) => ({
				targets: [`${demo?.hostname}:${first + index}`],
				labels: { job: name, service_name: name, deployment_environment_name: "trivet-demo" },
			})),
		);
	});

	it("sends the same tenant to Mimir from wherever it is written and read", () => {
		const scrape = yaml("collector-config/mimir-scrape.yml") as { remote_write: { url: string; headers: object }[] };
		expect(scrape.remote_write).toMatchObject([
			{ url: "http://mimir:9009/api/v1/push", headers: { "X-Scope-OrgID": "trivet" } },
		]);
	});

	it("has the rules evaluated once, by whoever keeps the metrics", () => {
		const { prometheus, mimir } = load(["scale"], { TRIVET_METRICS: "mimir" }).services;
		const rulesOf = (service?: Service) =>
			service?.volumes?.find(({ source }) => source.endsWith("/prometheus-rules"))?.target ?? "";
		expect(yaml("collector-config/prometheus.yml")).toMatchObject({ rule_files: ["prometheus-rules/*.yml"] });
		expect(rulesOf(prometheus)).toBe("/etc/prometheus/prometheus-rules");
		expect(yaml("collector-config/mimir-scrape.yml")).not.toHaveProperty("rule_files");
		const { ruler_storage } = yaml("collector-config/mimir.yaml") as {
			ruler_storage: { local: { directory: string } };
		};
		expect(rulesOf(mimir)).toBe(`${ruler_storage.local.directory}/trivet`);
	});

	it("builds from the targets of the Dockerfile, whose stages name one exact Node and end without root", () => {
		const dockerfile = readFileSync(join(ROOT, "Dockerfile"), "utf8");
		const stages = [...dockerfile.matchAll(/^FROM (\S+) AS (\S+)$/gm)].map(([, from, name]) => ({ from, name }));
		const bases = stages.filter(({ from }) => !stages.some(({ name }) => name === from)).map(({ from }) => from);
		expect(new Set(bases).size).toBe(1);
		expect(bases[0]).toMatch(/^node:\d+\.\d+\.\d+-[\w-]+$/);
		const runtime = dockerfile.slice(dockerfile.indexOf("AS runtime"), dockerfile.indexOf("FROM runtime"));
		expect(runtime.trimEnd().endsWith("USER node")).toBe(true);
		for (const { build } of Object.values(load(["demo"]).services)) {
			if (build) expect(stages).toContainEqual({ from: "runtime", name: build.target });
		}
		for (const [, paths] of dockerfile.matchAll(/^COPY (?!--from)(?!\. )(.+) \S+$/gm)) {
			for (const path of (paths as string).split(" ")) expect(existsSync(join(ROOT, path)), path).toBe(true);
		}
	});
});
