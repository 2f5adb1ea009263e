import * as redis from "redis";
import { routes } from "./redis-routes.cjs";

await routes(redis, Number(process.argv[2]));
