// Starts the instrumentation itself, after what it should have hooked.
const express = require("express");
require("@trivet/instrumentation").start();
const server = express().listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
