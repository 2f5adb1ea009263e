/** A container's health check in an image without curl: `node health-check.mjs URL` ends with 0 when the URL answers 2xx within 3 seconds. */
const [, , url = ""] = process.argv;
const answer = await fetch(url, { signal: AbortSignal.timeout(3_000) }).catch(() => null);
process.exit(answer?.ok ? 0 : 1);
