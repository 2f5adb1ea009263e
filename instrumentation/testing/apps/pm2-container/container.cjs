// PM2's ProcessContainer in short: the app's file takes the container's place, then it is loaded as the main module.
const { pm_exec_path: app } = process.env;
process.argv[1] = app;
process.title = `node ${app}`;
if (app.endsWith(".mjs")) {
	void import(require("node:url").pathToFileURL(app));
} else {
	require("node:module")._load(app, null, true);
}
