// Requires what its arguments name, one after the other, and says which instrumentations of OpenTelemetry there are then.
const said = {};
for (const name of ["", ...process.argv.slice(2)]) {
	try {
		if (name !== "") {
			require(name);
		}
	} catch (error) {
		said[`${name} failed`] = error.code;
	}
	const loaded = Object.keys(require.cache)
		.map((file) => /@opentelemetry[\\/]instrumentation-(\w+)[\\/]/.exec(file)?.[1])
		.filter((found) => found !== undefined);
	said[name] = [...new Set(loaded)];
}
console.log(`loaded ${JSON.stringify(said)}`);
