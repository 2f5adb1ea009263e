// Answers in every way a request can end, and logs nothing itself.
import express from "express";

const app = express();
app.get("/users/:id", (_request, response) => response.send("ok"));
app.get("/broken", (_request, response) => response.status(500).send("broken"));
app.get("/health", (_request, response) => response.send("ok"));
app.get("/ready", (_request, response) => response.status(503).send("not yet"));
app.get("/never", () => console.log("waiting"));
const server = app.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
