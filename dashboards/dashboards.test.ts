/** The boards as they are checked in: up to date, importable anywhere, and every panel complete. No engine needed. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { generated } from "./generate.ts";
import { type Board, fill, panelsOf, targetsOf } from "./questions.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : "");
const files = generated(read("docs/dashboards.md"));
const names = [...files.keys()].filter((path) => path.endsWith(".json"));
const all = names.map((path): [string, Board] => [path, JSON.parse(read(path) || "{}")]);

test.each([...files])("%s is what its builder makes: `npm run dashboards` was run", (path, content) => {
	expect(read(path) === content).toBe(true);
});

test("no board lies about that nothing builds", () => {
	const lying = readdirSync(join(root, "dashboards")).filter((name) => name.endsWith(".json"));
	expect(lying.map((name) => `dashboards/${name}`).sort()).toEqual([...names].sort());
});

test("compose provisions this folder", () => {
	const path = /^ +path: (\S+)$/m.exec(read("collector-config/grafana/provisioning/dashboards/trivet.yaml"))?.[1];
	expect(read("docker-compose.yml")).toContain(`- ./dashboards:${path}:ro\n`);
});

test("uids are stable, unique and short enough for Grafana; every file is named after its own", () => {
	const uids = all.map(([path, { uid }]) => [path, uid]);
	for (const [path, uid] of uids) {
		expect(path).toBe(`dashboards/${uid}.json`);
		expect(uid).toMatch(/^[a-z0-9-]{1,40}$/);
	}
	expect(new Set(uids.map(([, uid]) => uid)).size).toBe(all.length);
});

describe.each(all)("%s", (_, board) => {
	const panels = panelsOf(board);
	const variables = new Set((board.templating?.list ?? []).map(({ name }) => name));

	test("imports into any Grafana: no id of one, every data source by variable", () => {
		expect(board.id ?? null).toBe(null);
		const uids = new Set([...JSON.stringify(board).matchAll(/"uid":"([^"]+)"/g)].map(([, uid]) => uid));
		uids.delete(board.uid);
		for (const uid of uids) expect(["${prometheus}", "${loki}", "${tempo}"]).toContain(uid);
		for (const target of panels.flatMap(targetsOf)) expect(target.datasource?.uid).toMatch(/^\$\{(\w+)\}$/);
		for (const variable of board.templating?.list ?? []) {
			if (variable.type === "query") expect(variable.current?.value ?? "$__all").toBe("$__all");
			expect(variable.description, variable.name).toBeTruthy();
		}
	});

	test("every panel says what it shows, in which unit, and has a question", () => {
		expect(panels.length).toBeGreaterThan(2);
		for (const { title, description = "", fieldConfig, targets = [] } of panels) {
			expect(title).toBeTruthy();
			expect(description, title).toMatch(/^.{15,}[.!?)]$/s);
			expect(fieldConfig?.defaults.unit, title).toBeTruthy();
			expect(targets.length, title).toBeGreaterThan(0);
		}
	});

	test("every panel leads on, and keeps the time range", () => {
		for (const panel of panels) {
			const links = [...JSON.stringify(panel).matchAll(/"url":"((?:[^"\\]|\\.)*)"/g)].map(([, url]) => url as string);
			expect(links.length, panel.title).toBeGreaterThan(0);
			for (const url of links) {
				expect(url).toMatch(/^\$\{console:raw\}\/|^\/d\/trivet-/);
				expect(url).toMatch(/from=\$\{__from\}&to=\$\{__to\}|\$\{__url_time_range\}/);
			}
		}
		expect(board.links?.every(({ keepTime }) => keepTime)).toBe(true);
	});

	test("links to boards lead to one of ours, with variables that it has", () => {
		for (const [, uid, query = ""] of JSON.stringify(board).matchAll(/\/d\/(trivet-[a-z]+)\?([^"\\]*)/g)) {
			const target = all.find(([, other]) => other.uid === uid)?.[1];
			const has = target?.templating?.list?.map(({ name }) => name);
			expect(has, uid).toBeDefined();
			for (const [, name] of query.matchAll(/var-(\w+)=/g)) expect(has, query).toContain(name);
		}
	});

	test("ids are unique, and no panel lies on another or beyond the grid", () => {
		const placed = board.panels ?? [];
		expect(new Set(placed.map(({ id }) => id)).size).toBe(placed.length);
		const taken = new Map<string, string | undefined>();
		for (const { title, gridPos } of placed) {
			const { x, y, w, h } = gridPos ?? { x: -1, y: 0, w: 0, h: 0 };
			expect(x >= 0 && x + w <= 24 && w > 0 && h > 0, title).toBe(true);
			for (let column = x; column < x + w; column++) {
				for (let line = y; line < y + h; line++) {
					expect(taken.get(`${column},${line}`), title).toBeUndefined();
					taken.set(`${column},${line}`, title);
				}
			}
		}
	});

	test("no panel or variable names a variable that is not there", () => {
		const FIELD = /^(__field|__data|__value|__url_time_range)$/;
		const filledIn = fill(
			JSON.stringify([board.panels, board.templating, board.links]),
			new Map([...variables].map((name) => [name, { value: "x", all: null }])),
			{ from: 0, to: 3_600_000 },
			60,
		);
		const left = [...filledIn.matchAll(/\$\{?([a-zA-Z_]\w*)/g)].map(([, name]) => name as string);
		expect([...new Set(left)].filter((name) => !FIELD.test(name) && name !== "__all")).toEqual([]);
	});
});
