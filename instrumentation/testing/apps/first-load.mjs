// The same as an ES module.
import { Client } from "pg";

console.log(`patched ${typeof Client.prototype.query.__original === "function"}`);
