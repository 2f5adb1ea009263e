const express = require("express");
const client = require("prom-client");
const { routes } = require("./express-routes.cjs");

const app = express();
routes(app, express, require("pino")(), client);
const server = app.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
