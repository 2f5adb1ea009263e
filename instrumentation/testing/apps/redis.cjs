void require("./redis-routes.cjs").routes(require("redis"), Number(process.argv[2]));
