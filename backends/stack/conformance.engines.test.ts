/** The stack backend on the real Tempo, Loki and Prometheus. */
import { describe } from "vitest";
import { howToBuild, missingEngines } from "../../engines/engines.ts";
import { describeBackend } from "../conformance.ts";
import { knownDifferences } from "./known-differences.ts";
import { engineSubject } from "./testing-engines.ts";

const missing = missingEngines(["tempo", "loki", "prometheus"]);

if (missing.length > 0) describe.skip(`stack backend (${howToBuild(missing)})`);
else describeBackend("stack backend", engineSubject, { takesData: false, known: knownDifferences });
