// --import this: the sampler chosen by code.
import { start } from "@trivet/instrumentation";

start({ sampler: { keep: [{ match: "/good", keep: "none" }] } });
