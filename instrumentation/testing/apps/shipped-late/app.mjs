// One logger whose lines a transport ships to the store at the second argument, and one without; started after both.
import { start } from "@trivet/instrumentation";
import pino from "pino";
import { serve, shippedLogger } from "../pino-shippers.mjs";

const [how, url] = process.argv.slice(2);
const shipped = await shippedLogger(pino, how, url);
const plain = pino(pino.destination({ sync: true }));
start();
serve(shipped, plain);
