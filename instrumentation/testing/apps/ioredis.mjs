import Redis from "ioredis";
import { routes } from "./ioredis-routes.cjs";

routes(Redis, Number(process.argv[2]));
