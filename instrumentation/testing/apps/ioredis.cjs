require("./ioredis-routes.cjs").routes(require("ioredis"), Number(process.argv[2]));
