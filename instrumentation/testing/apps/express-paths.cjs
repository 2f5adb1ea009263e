// Ways to mount and to fail in express 4 and 5.
const express = require("express");

const five = typeof express.Router.prototype.route === "function";
const app = express();
const items = express.Router({ mergeParams: true });
items.get("/", (_request, response) => response.send("items"));
items.get("/:item", (_request, response) => response.send("item"));
items.get("/:item/skipped", (_request, _response, next) => next());
items.get("/:item/broken", (_request, _response, next) => next(new RangeError("broken")));
const orders = express.Router();
orders.use("/:order/items", items);
app.use("/", (_request, _response, next) => setImmediate(next));
app.use("/v1/orders", orders);
const inner = express();
inner.get("/users/:user", (_request, response) => response.send("user"));
app.use("/admin", inner);
app.use("/hook", (_request, response) => response.send("hook"));
app.get(["/a/:x", "/b/:x"], (_request, response) => response.send("either"));
app.get(/^\/pattern\/\d+$/, (_request, response) => response.send("pattern"));
app.get("/", (_request, response) => response.send("root"));
app.get(five ? "/files/*path" : "/files/*", (_request, response) => response.send("file"));
app.use((error, _request, response, _next) => response.status(500).send(error.message));
const server = app.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
