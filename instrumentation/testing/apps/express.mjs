import express from "express";
import pino from "pino";
import client from "prom-client";
import { routes } from "./express-routes.cjs";

const app = express();
routes(app, express, pino(), client);
const server = app.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
