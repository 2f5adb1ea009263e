import { startTrivet } from "./started.ts";
import { describeJourney } from "./testing-journey.ts";

describeJourney("npm start", (dataDir) =>
	startTrivet("start", ["--port", "0", "--otlp-port", "0", "--data-dir", dataDir]),
);
