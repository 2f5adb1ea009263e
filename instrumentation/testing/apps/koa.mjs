import Router from "@koa/router";
import Koa from "koa";
import { routes } from "./koa-routes.cjs";

routes(Koa, Router);
