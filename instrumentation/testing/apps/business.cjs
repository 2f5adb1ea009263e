// The CommonJS copy of the package in an app whose instrumentation was started from the ESM one.
const http = require("node:http");
const { counter } = require("@trivet/instrumentation");

const answers = counter({
	name: "shop.answers",
	unit: "{answer}",
	help: "Answers.",
	labels: { status: ["200", "500"] },
});
const server = http.createServer((request, response) => {
	const status = request.url === "/bad" ? 500 : 200;
	answers.add({ status: String(status) });
	response.writeHead(status).end();
});
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
