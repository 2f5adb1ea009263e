// One logger whose lines a transport ships to the store at the second argument, and one without.
import pino from "pino";
import { serve, shippedLogger } from "./pino-shippers.mjs";

const [how, url] = process.argv.slice(2);
serve(await shippedLogger(pino, how, url), pino(pino.destination({ sync: true })));
