require("./mysql2-routes.cjs").routes(require("mysql2"), Number(process.argv[2]));
