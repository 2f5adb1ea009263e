import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { buildEngines, missingEngines } from "./build.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "trivet-build-"));
	vi.stubEnv("TRIVET_ENGINES_BIN", join(folder, "bin"));
	vi.stubEnv("PATH", folder);
});
afterEach(() => {
	vi.unstubAllEnvs();
	rmSync(folder, { recursive: true, force: true });
});

/** A `go` that answers `go env` with these two lines and fails at building. */
function fakeGo(version: string, toolchain: string): void {
	const script = `#!/bin/sh\ncase "$1" in env) echo ${version}; echo ${toolchain};; *) echo "boom.go:1: no" >&2; exit 1;; esac\n`;
	writeFileSync(join(folder, "go"), script);
	chmodSync(join(folder, "go"), 0o755);
}

test("nothing built yet is missing, in the order it is built", () => {
	expect(missingEngines(["tempo", "alertmanager", "loki"])).toEqual(["alertmanager", "loki", "tempo"]);
});

test.each([
	["without Go", null, /^Go is needed.*install it.*docker compose up/],
	["with a Go that is too old", ["go1.22.1", "local"], /^Loki 3\.7 needs Go 1\.26\.\d+ or newer.*this is Go 1\.22\.1/],
	["with one too old to fetch a newer one", ["go1.20.3", "auto"], /^Loki 3\.7 needs Go 1\.26/],
	["when the compiler fails", ["go1.99.0", "local"], /^Building Loki 3\.7 failed \(go ended with 1\):\nboom\.go:1: no/],
])("%s it says so, and what is missing stays missing", async (_, go, sentence) => {
	if (go) fakeGo(go[0] as string, go[1] as string);
	await expect(buildEngines(["loki"], () => undefined)).rejects.toThrow(sentence);
	expect(missingEngines(["loki"])).toEqual(["loki"]);
});
