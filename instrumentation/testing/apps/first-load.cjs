// Is the very first load of pg patched, and which way has it come?
const ways = {
	require: () => require("pg"),
	file: () => ({ Client: require("pg/lib/client.js") }),
	import: async () => (await import("pg")).default,
	named: () => import("pg"),
};
void (async () => {
	const { Client } = await ways[process.argv[2]]();
	console.log(`patched ${typeof Client.prototype.query.__original === "function"}`);
})();
