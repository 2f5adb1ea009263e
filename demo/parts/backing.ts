/** Process entry: databases (or their tables in a PostgreSQL that is there), broker, payment provider and the two bad links. */
import { portOf } from "../addresses.ts";
import { runChild, tell } from "../child.ts";
import { startBroker } from "./broker.ts";
import { prepareDatabases } from "./foreign-postgres.ts";
import { startForgetfulGateway, startLongWire } from "./links.ts";
import { startPaymentProvider } from "./payment-provider.ts";
import { startDatabases } from "./postgres.ts";

const LONG_WIRE_MS = 300;

runChild(async (faults) => {
	const dataDir = process.env.TRIVET_DEMO_DATA_DIR;
	if (!dataDir) throw new Error("TRIVET_DEMO_DATA_DIR is not set. Start the shop through demo/main.");
	const onProgress = (text: string) => tell({ type: "progress", text });
	const postgresUrl = process.env.TRIVET_DEMO_POSTGRES_URL;
	await Promise.all([
		postgresUrl ? prepareDatabases(postgresUrl, onProgress) : startDatabases({ dataDir, portOf, onProgress }),
		startBroker(portOf("broker")),
		startPaymentProvider(portOf("api.payments.example"), faults),
		startForgetfulGateway(portOf("cart-gateway"), portOf("cart")),
		startLongWire(portOf("inventory-far"), portOf("inventory"), LONG_WIRE_MS),
	]);
});
