import mysql from "mysql2";
import { routes } from "./mysql2-routes.cjs";

routes(mysql, Number(process.argv[2]));
