# The console and the demo, one build for both: docker compose builds the targets `console` and `demo`.
FROM node:24.19.0-bookworm-slim AS manifests
WORKDIR /trivet
# Only what an install depends on, so that a change of code installs nothing again.
COPY package.json package-lock.json ./
COPY console/package.json console/
COPY demo/package.json demo/
COPY instrumentation/package.json instrumentation/

FROM manifests AS build
# Not `npm ci`: it refuses the lock file where a registry lacks other platforms' optional binaries. Versions are pinned, the lock file decides the rest.
RUN npm install --no-audit --no-fund
COPY . .
RUN npm run build && rm -rf console/.next/cache

# What runs, without what only compiled it or is in the pages already; nothing of DuckDB either: in a container the console reads engines.
FROM manifests AS console-packages
RUN npm install --omit=dev --no-audit --no-fund --ignore-scripts -w console --include-workspace-root \
	&& cd node_modules \
	&& rm -rf @next/swc-* typescript @typescript @types @img @duckdb @dagrejs @fontsource-variable @mantine @tanstack echarts zrender

FROM manifests AS demo-packages
RUN npm install --omit=dev --no-audit --no-fund --ignore-scripts -w demo -w instrumentation --include-workspace-root \
	&& cd node_modules \
	&& rm -rf typescript @typescript @types @duckdb @electric-sql

FROM node:24.19.0-bookworm-slim AS runtime
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1
WORKDIR /trivet
# No package manager where nothing is installed, and a folder for what the console remembers.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* /usr/local/bin/yarn* \
	&& install -d -o node -g node /data
COPY --from=build /trivet/package.json ./
USER node

FROM runtime AS console
COPY --from=console-packages /trivet/node_modules node_modules
COPY --from=build /trivet/dist dist
COPY --from=build /trivet/console/package.json /trivet/console/next.config.mjs console/
COPY --from=build /trivet/console/.next console/.next
ENV TRIVET_DATA_DIR=/data
EXPOSE 3000
CMD ["node", "dist/cli/container.mjs"]

FROM runtime AS demo
COPY --from=demo-packages /trivet/node_modules node_modules
COPY --from=build /trivet/dist dist
COPY --from=build /trivet/instrumentation/package.json instrumentation/
COPY --from=build /trivet/instrumentation/dist instrumentation/dist
CMD ["node", "dist/demo/process.js"]
