import kafkajs from "kafkajs";
import { routes } from "./kafka-routes.cjs";

await routes(kafkajs, Number(process.argv[2]));
