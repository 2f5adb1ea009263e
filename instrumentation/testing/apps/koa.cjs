require("./koa-routes.cjs").routes(require("koa"), require("@koa/router"));
