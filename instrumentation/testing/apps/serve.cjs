// An HTTP server that answers with what the route's function resolves to, as JSON; 500 with the message when it rejects.
const http = require("node:http");

exports.serve = (routes) => {
	const server = http.createServer(async (request, response) => {
		const url = new URL(request.url, "http://x");
		try {
			response.end(JSON.stringify((await routes[url.pathname](url.searchParams)) ?? null));
		} catch (error) {
			response.statusCode = 500;
			response.end(error.message);
		}
	});
	server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
};
