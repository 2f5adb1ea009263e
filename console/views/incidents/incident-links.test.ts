import { expect, test } from "vitest";
import { placesOf, windowQuery } from "./incident-links.ts";

const window = { fromMs: 1000.4, toMs: 2000.2 };

test("what is over is looked at in its whole window, what fires until now", () => {
	expect(windowQuery({ window, firing: false })).toBe("from=1000&to=2001");
	expect(windowQuery({ window, firing: true })).toBe("from=1000&to=now");
});

test("a service's name is escaped in every link", () => {
	const links = placesOf({ service: "a/b&c=d", window, firing: false });
	expect(links.map(({ href }) => href)).toEqual([
		"/services/a%2Fb%26c%3Dd?from=1000&to=2001",
		"/traces?service=a%2Fb%26c%3Dd&status=error&from=1000&to=2001",
		"/traces?service=a%2Fb%26c%3Dd&order=slowest&from=1000&to=2001",
		"/logs?service=a%2Fb%26c%3Dd&level=error&from=1000&to=2001",
		"/topology?focus=service%3Aa%2Fb%26c%3Dd&from=1000&to=2001",
	]);
});

test("without a service the links look at all of them", () => {
	expect(placesOf({ service: null, window, firing: true }).map(({ href }) => href)).toEqual([
		"/traces?status=error&from=1000&to=now",
		"/traces?order=slowest&from=1000&to=now",
		"/logs?level=error&from=1000&to=now",
		"/topology?from=1000&to=now",
	]);
});
