// Calls every URL it is posted, as the W3C validation suite asks of a service under test.
import http from "node:http";

const server = http.createServer((request, response) => {
	let body = "";
	request.on("data", (chunk) => {
		body += chunk;
	});
	request.on("end", async () => {
		for (const url of JSON.parse(body)) {
			await new Promise((resolve) => {
				http.request(url, { method: "POST" }, (answer) => answer.resume().on("end", resolve)).end("[]");
			});
		}
		response.end();
	});
});
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
