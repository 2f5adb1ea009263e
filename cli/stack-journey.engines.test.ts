/** The same journey over the real engines, the collector before them. */
import { describe } from "vitest";
import { ENGINE_NAMES, howToBuild, missingEngines } from "../engines/engines.ts";
import { startTrivet } from "./started.ts";
import { describeJourney } from "./testing-journey.ts";

const missing = missingEngines(ENGINE_NAMES);
const FREE_PORTS = ["", "otlp-", "otlp-grpc-", "tempo-", "loki-", "prometheus-", "alertmanager-"].flatMap((port) => [
	`--${port}port`,
	"0",
]);

if (missing.length > 0) describe.skip(`npm run stack (${howToBuild(missing)})`);
else describeJourney("npm run stack", (dataDir) => startTrivet("stack", [...FREE_PORTS, "--data-dir", dataDir]));
